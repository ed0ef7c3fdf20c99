from sqlalchemy import text
from core.services import reports
from core.store.db import db
from tests.services.helpers import *
from tests.services.test_idempotency import wish
def test_seq(postgres_app):
    print(db.session.execute(text("show transaction_isolation")).scalar())
    reporter = clerk(add_unit("test-operator"))
    db.session.rollback()
    for n in range(3):
        try:
            print(reports.save(reporter, wish(reporter, "one-key"), submit=True).answer)
        except KeyError as e:
            print("KeyError", e)
        db.session.rollback()
        print(db.session.execute(text("select id, user_id, key, answer from idempotency")).all())
        print(db.session.execute(text("select id, state from report where unit_id=:u"), {"u": min(reporter.unit_ids)}).all())
    assert 0
