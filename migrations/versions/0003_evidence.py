"""Evidence: the bag, resumable uploads, what is known of files, likeness, masks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _of_unit() -> list[sa.Column[object]]:
    return [
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("unit_type", sa.String(length=40), nullable=False),
        sa.Column("region_path", sa.String(length=60), nullable=False),
    ]


def _hash(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(
        name, sa.String(length=64), sa.ForeignKey("blob.sha256"), nullable=False, primary_key=key
    )


def upgrade() -> None:
    with op.batch_alter_table("blob") as batch_op:
        batch_op.add_column(sa.Column("damaged_at", sa.DateTime(), nullable=True))
    with op.batch_alter_table("region") as batch_op:
        batch_op.add_column(sa.Column("latitude", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("longitude", sa.Double(), nullable=True))
    op.create_table(
        "blob_facts",
        _hash("sha256", key=True),
        sa.Column("examined_at", sa.DateTime(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("previews", sa.JSON(), nullable=False),
        sa.Column("scan", sa.String(length=12), nullable=False),
        sa.Column("scan_why", sa.JSON(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_blob_facts_scan", "blob_facts", ["scan"])
    op.create_table(
        "bag_file",
        sa.Column("id", sa.String(length=32), nullable=False, primary_key=True),
        *_of_unit(),
        _hash("sha256"),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("replaces", sa.String(length=32), sa.ForeignKey("bag_file.id"), nullable=True),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("added_by", sa.Integer(), sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
    )
    op.create_index("ix_bag_file_sha256", "bag_file", ["sha256"])
    op.create_index("ix_bag_file_state", "bag_file", ["state"])
    op.create_index("bag_file_of_unit", "bag_file", ["unit_id", "removed_at", "added_at"])
    _into_the_bag()
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=32), nullable=False, primary_key=True),
        *_of_unit(),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("bag_id", sa.String(length=32), sa.ForeignKey("bag_file.id"), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
    )
    op.create_index("ix_upload_expires_at", "upload", ["expires_at"])
    op.create_table(
        "picture_hash",
        sa.Column("id", sa.Integer(), nullable=False, primary_key=True),
        _hash("sha256"),
        sa.Column("variant", sa.String(length=20), nullable=False),
        sa.Column("bits", sa.BigInteger(), nullable=False),
        *(sa.Column(f"band{number}", sa.Integer(), nullable=False) for number in range(4)),
        sa.UniqueConstraint("sha256", "variant", name="picture_hash_once"),
    )
    for number in range(4):
        op.create_index(f"picture_hash_band{number}", "picture_hash", [f"band{number}", "bits"])
    op.create_table(
        "resemblance",
        _hash("first", key=True),
        _hash("second", key=True),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_resemblance_second", "resemblance", ["second"])
    op.create_table(
        "mask",
        sa.Column("id", sa.String(length=32), nullable=False, primary_key=True),
        sa.Column("bag_id", sa.String(length=32), sa.ForeignKey("bag_file.id"), nullable=False),
        *_of_unit(),
        sa.Column("boxes", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.Integer(), sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("previews", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
    )
    op.create_index("ix_mask_bag_id", "mask", ["bag_id"])


def _into_the_bag() -> None:
    """Every file that a report has comes to lie in its unit's bag, under the same id."""
    op.execute(
        "INSERT INTO bag_file (id, unit_id, unit_type, region_path, sha256, name, kind, note, added_at, added_by, "
        "removed_at, state, said) SELECT id, unit_id, unit_type, region_path, sha256, name, kind, '', added_at, "
        "added_by, removed_at, 'checking', '[]' FROM evidence_file"
    )
    with op.batch_alter_table("evidence_file") as batch_op:
        batch_op.add_column(sa.Column("bag_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("verdict", sa.String(length=8), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("verdict_reason", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("verdict_by", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("verdict_at", sa.DateTime(), nullable=True))
    op.execute("UPDATE evidence_file SET bag_id = id")
    with op.batch_alter_table("evidence_file") as batch_op:
        batch_op.alter_column("bag_id", existing_type=sa.String(length=32), nullable=False)
        for name in ("reason", "verdict", "verdict_reason"):
            batch_op.alter_column(name, server_default=None)
        batch_op.create_foreign_key("evidence_file_bag", "bag_file", ["bag_id"], ["id"])
        batch_op.create_foreign_key("evidence_file_verdict", "user_account", ["verdict_by"], ["id"])
        batch_op.create_index("ix_evidence_file_bag_id", ["bag_id"])


def downgrade() -> None:
    with op.batch_alter_table("evidence_file") as batch_op:
        batch_op.drop_index("ix_evidence_file_bag_id")
        batch_op.drop_constraint("evidence_file_verdict", type_="foreignkey")
        batch_op.drop_constraint("evidence_file_bag", type_="foreignkey")
        for name in ("verdict_at", "verdict_by", "verdict_reason", "verdict", "reason", "bag_id"):
            batch_op.drop_column(name)
    for table in ("mask", "resemblance", "picture_hash", "upload", "bag_file", "blob_facts"):
        op.drop_table(table)
    with op.batch_alter_table("region") as batch_op:
        batch_op.drop_column("longitude")
        batch_op.drop_column("latitude")
    with op.batch_alter_table("blob") as batch_op:
        batch_op.drop_column("damaged_at")
