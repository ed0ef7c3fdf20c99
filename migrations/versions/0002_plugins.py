"""Plugins: state, failures, checks, scores; duties that join a campaign under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plugin_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plugin", sa.String(length=40), nullable=False),
        sa.Column("hook", sa.String(length=80), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("incident", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("plugin_failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plugin_failure_incident"), ["incident"], unique=False)
        batch_op.create_index("plugin_failure_recent", ["plugin", "at"], unique=False)

    op.create_table(
        "unit_score",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("plugin", sa.String(length=40), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("lines", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("incident", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("campaign_id", "unit_id", "plugin"),
    )
    op.create_table(
        "check_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.String(length=32), nullable=False),
        sa.Column("report_version", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("plugin", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("ran", sa.Boolean(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("incident", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id", "report_version", "evidence_id", "plugin", name="check_result_once"),
    )
    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revision", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("begun", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("plugin_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("title", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("parked", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.drop_column("revision")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("begun")

    with op.batch_alter_table("plugin_state", schema=None) as batch_op:
        batch_op.drop_column("parked")
        batch_op.drop_column("version")
        batch_op.drop_column("title")

    op.drop_table("check_result")
    op.drop_table("unit_score")
    with op.batch_alter_table("plugin_failure", schema=None) as batch_op:
        batch_op.drop_index("plugin_failure_recent")
        batch_op.drop_index(batch_op.f("ix_plugin_failure_incident"))

    op.drop_table("plugin_failure")
