"""A Merkle tree over the events of the ledger, and its root in signed heads.

The tree is empty at first: the sealer lets it grow over the events sealed so far, bit by bit.
"""

import sqlalchemy as sa
from alembic import op

revision = "f036"
down_revision = "f035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_node",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("level between 0 and 62 and index >= 0", name=op.f("ck_ledger_node__place")),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_ledger_node__hash")),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_ledger_node")),
    )
    op.execute(
        "create trigger ledger_node_is_a_record before update or delete on ledger_node "
        "for each row execute function refuse_change_of_record()"
    )
    # Going down leaves the column, see there.
    op.execute("alter table ledger_checkpoint add column if not exists root bytea")
    op.create_check_constraint(
        op.f("ck_ledger_checkpoint__root"), "ledger_checkpoint", "octet_length(root) = 32"
    )
    op.create_index(
        "ix_ledger_checkpoint__rooted",
        "ledger_checkpoint",
        ["seq"],
        postgresql_where=sa.text("root is not null"),
    )


def downgrade() -> None:
    # The roots stay, as signatures cover them and nothing else could give them back. Nodes follow from the
    # events at any time. The older version names the heads with a root as badly signed when it verifies.
    op.drop_index("ix_ledger_checkpoint__rooted", "ledger_checkpoint")
    op.drop_constraint(op.f("ck_ledger_checkpoint__root"), "ledger_checkpoint")
    op.drop_table("ledger_node")
