"""Which version of the file a step was taken on, and which one a council scored."""

import sqlalchemy as sa
from alembic import op

revision = "f026"
down_revision = "f025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dossier_step", sa.Column("version_number", sa.SmallInteger(), nullable=True))
    op.add_column("session_dossier", sa.Column("version_number", sa.SmallInteger(), nullable=True))
    # Steps are records: what is filled in here was true when they were written.
    op.execute("alter table dossier_step disable trigger dossier_step_is_final")
    op.execute(
        """
        update dossier_step s set version_number = (
            select max(v.number) from dossier_version v where v.dossier_id = s.dossier_id and v.at <= s.at
        )
        """
    )
    op.execute("alter table dossier_step enable trigger dossier_step_is_final")
    op.execute(
        """
        update session_dossier i set version_number = (
            select max(v.number) from dossier_version v
            where v.dossier_id = i.dossier_id and v.at <= c.opened_at
        )
        from council_session c where c.id = i.session_id and c.opened_at is not null
        """
    )


def downgrade() -> None:
    op.drop_column("session_dossier", "version_number")
    op.drop_column("dossier_step", "version_number")
