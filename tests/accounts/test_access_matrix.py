"""Who gets in where: every operation of the contract, asked by people who have no business there.

The operations come from the application's own contract and the things from the play of the main job,
so a new operation is in the matrix by itself; a new kind of id has to be named in ``_KNOWN`` first.
"""

import hashlib
import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from rich.console import Console
from sqlalchemy import text
from tests.conftest import MovableClock, make_settings, run_statement, settle, url_of

from ocop_api.app import create_app
from ocop_api.demo.play import perform
from ocop_api.demo.stage import PASSWORD
from ocop_api.documents.jobs import JOBS as DOCUMENT_JOBS
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role
from ocop_api.domain.clock import vietnam_date
from ocop_api.inspections.service.photos import photo_key
from ocop_api.jobs.queue import JobContext
from ocop_api.ledger.jobs import seal_pending
from ocop_api.notifications.jobs import JOBS as NOTIFICATION_JOBS
from ocop_api.settings import utc_now

# One value of each id and code that paths and filters name; all of the play's one dossier where there is one.
_KNOWN = {
    "dossier_id": "select id::text from dossier",
    "version_number": "select '1'",
    "form_number": "select '02'",
    "comment_id": "select id::text from dossier_comment",
    "sample_id": "select id::text from dossier_sample",
    "examination_id": "select id::text from dossier_examination",
    "council_id": "select id::text from council",
    "session_id": "select id::text from council_session",
    "paper": "select 'minutes'",
    "dossier_paper": "select 'consolidated'",
    "signed_on": "select '2026-06-20'",
    "document_number": "select '12/BB-HĐ'",
    "signatories": "select 'Người ký kín'",
    "signed_paper_id": "select id::text from signed_paper",
    "lot_id": "select id::text from lot where product_id is not null",
    "growing_area_id": "select id::text from growing_area",
    "event_id": "select event_id from epcis_event",
    "import_id": "select id::text from import_job",
    "document_id": "select id::text from document where title = 'Tài liệu kín'",
    "upload_id": "select id::text from document_upload",
    "assessment_id": "select id::text from self_assessment",
    "since": "select id::text from self_assessment",
    "first": "select min(seq)::text from ledger_checkpoint where root is not null",
    "second": "select max(seq)::text from ledger_checkpoint where root is not null",
    "size": "select '1'",
    "criterion_code": "select '1.1'",
    "notification_id": "select id::text from notification where user_id in "
    "(select user_id from role_grant where role = 'producer')",
    "user_id": "select user_id::text from role_grant where role = 'producer'",
    "grant_id": "select id::text from role_grant where role = 'producer'",
    "producer_id": "select producer_id::text from dossier",
    "product_id": "select product_id::text from dossier",
    # The play has none of these: a product's id stands for one that is not there.
    "gtin_id": "select product_id::text from dossier",
    "standard_id": "select product_id::text from dossier",
    "right_id": "select product_id::text from dossier",
    "year": "select number_year::text from certificate where dossier_id is not null",
    "appeal_id": "select id::text from appeal",
    "inspection_id": "select id::text from inspection",
    "plan_id": "select id::text from inspection_plan",
    "inspection_photo_id": "select id::text from inspection_photo",
    "minutes_id": "select id::text from inspection_minutes",
    "case_id": "select id::text from withdrawal_case",
    "certificate_id": "select id::text from certificate where dossier_id is not null",
    "listing_id": "select id::text from listing",
    "gtin": "select gtin from lot where gtin is not null",
    "lot": "select code from lot where gtin is not null",
    "serial": "select '1'",
    "code": "select code from certificate where dossier_id is not null",
    "number": "select number from certificate where dossier_id is not null",
    "decision_id": "select id::text from recognition_decision",
    "signed_decision_id": "select id::text from signed_decision",
    "prefix": "select number_prefix from certificate where dossier_id is not null",
    "extension": "select 'pdf'",
    "list_id": "select 'revocation-1'",
    "edition_code": "select edition from dossier",
    "office_day": "select '2026-09-03'",
    "round_id": "select product_id::text from dossier",
    "start": "select '2026-06-15'",
    "working_days": "select '15'",
    "set_number": "select set_number::text from dossier",
    "regime_code": "select regime from dossier",
    "plan_code": "select 'ke-hoach-230-2024'",
    "target_code": "select 'T01'",
    "subject_id": "select id::text from dossier",
    "identity_id": "select id::text from account_user",
    "provider": "select 'nobody'",
    "key_id": "select id::text from api_key",
    "interest_id": "select id::text from member_interest",
    "webhook_id": "select id::text from webhook_endpoint",
    "delivery_id": "select id::text from webhook_delivery",
    "invitation_id": "select id::text from invitation",
    "photo_id": "select id::text from product_photo",
    "kind": "select 'products'",
    "q": "select 'ca phe'",
    "name": "select 'products-1.xml'",
    "address": "select product_id::text from dossier",
    "product_code": "select product_code from product where product_code is not null",
}
_UPLOADS = {"upload_document", "add_document_version", "upload_product_photo", "take_dossier_package"}
_UPLOADS |= {"hand_in_signed_paper", "hand_in_signed_withdrawal"}
_UPLOADS |= {"upload_inspection_photo", "hand_in_inspection_minutes"}
_UPLOADS |= {"hand_in_signed_decision"}
_METHODS = ("get", "post", "put", "patch", "delete")
# What these answer to is the caller alone.
_OWN = {
    "read_me",
    "read_my_permissions",
    "list_api_keys",
    "read_api_key",
    "list_interests",
    "list_webhooks",
    "sign_out",
    "change_password",
    "list_own_sessions",
    "list_identities",
    "read_second_factor",
    # What waits for the caller to act, which may be nothing.
    "list_waiting_dossiers",
    "count_waiting_dossiers",
}
# Forms to fill in: nobody's things, for whoever may import anywhere.
_FORMS_TO_FILL = {"list_import_kinds", "download_import_heading", "download_import_template"}
_PRIVATE = {
    "tax_code": "6409998885",
    "representative_name": "Kín Thị Danh",
    "phone": "0261 7654 321",
    "email": "kin-dao@rieng.example",
    "source": "Sổ kín số 7",
    "notes": "Ghi chú kín của cán bộ",
}
_HIDDEN = (
    *_PRIVATE.values(),
    "+842617654321",
    "Tài liệu kín",
    "Khóa kín",
    "Bản tự đánh giá kín",
    "Người ký kín",
    "Ý kiến kín",
    "Khảo sát kín",
    "Kết quả kín",
    "Kiến nghị kín",
    "Kiểm tra kín",
    "Phát hiện kín",
    "kin@moi.example",
    "Người thân kín",
    # Written by the play: accounts, a dossier's registration, remarks and the text of a recusal.
    "@demo.ocop.example",
    "0261 3 000 000",
    "Người đại diện theo pháp luật",
    "Phiếu của hoidong",
    "Thành viên hội đồng",
    "password_hash",
)
_PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"
    b"\x00\x00\x00\nIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82"
)

Headers = dict[str, str]


@dataclass(frozen=True)
class Operation:
    """One operation of the contract."""

    id: str
    method: str
    path: str
    queries: tuple[str, ...]
    required: tuple[str, ...]
    guarded: bool

    @property
    def names(self) -> list[str]:
        """The ids in the path."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def lists(self) -> bool:
        """Whether it is a list of everything the caller may see."""
        shared = self.id in _OWN | _FORMS_TO_FILL
        return self.method == "get" and not self.names and self.guarded and not shared


@dataclass(frozen=True)
class World:
    """The application after the play, with the things in it by name."""

    app: FastAPI
    http: httpx.AsyncClient
    clock: MovableClock
    known: dict[str, str]
    operations: list[Operation]
    insiders: list[Headers]

    def headers(self, *grants: Grant, user_id: UUID | None = None) -> Headers:
        """Headers of somebody with these grants."""
        token = f"test-{uuid4().hex}"
        self.app.state.test_actors[token] = Actor(user_id=user_id or uuid4(), grants=grants)
        return {"Authorization": f"Bearer {token}"}

    def strangers(self) -> dict[str, Headers]:
        """People of the trade who have nothing to do with the things of the play."""
        return {
            "another producer": self.headers(Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=uuid4())),
            "officer of another province": self.headers(
                Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:01")
            ),
            "administrator of another province": self.headers(
                Grant(Role.ADMIN, Bound.AREA, level=Level.PROVINCE, place_id="34:01")
            ),
            "member of another council": self.headers(
                Grant(Role.COUNCIL_MEMBER, Bound.COUNCIL, council_id=uuid4())
            ),
            "secretary of another council": self.headers(
                Grant(Role.COUNCIL_SECRETARY, Bound.COUNCIL, council_id=uuid4())
            ),
            "adviser of another council": self.headers(
                Grant(Role.COUNCIL_ADVISER, Bound.COUNCIL, council_id=uuid4())
            ),
            "somebody without a role": self.headers(),
        }

    def url(self, operation: Operation) -> str:
        """The path with known ids in it."""
        return operation.path.format_map(self.known)

    async def ask(self, operation: Operation, headers: Headers, **query: str) -> httpx.Response:
        """One request; whatever changes something comes with a condition that always holds."""
        query |= {name: self.known[name] for name in operation.required}
        body: dict[str, Any] = {}
        if operation.method != "get":
            body = {"json": {}} if operation.id not in _UPLOADS else {}
            headers = {**headers, "If-Match": "*"}
        method = operation.method.upper()
        return await self.http.request(method, self.url(operation), params=query, headers=headers, **body)


def _operations(app: FastAPI) -> Iterator[Operation]:
    for path, item in app.openapi()["paths"].items():
        for method in _METHODS:
            if method in item:
                found = item[method]
                security = found.get("security", [{}])
                queries = [p for p in found.get("parameters", []) if p["in"] == "query"]
                yield Operation(
                    id=found["operationId"],
                    method=method,
                    path=path,
                    queries=tuple(p["name"] for p in queries),
                    required=tuple(p["name"] for p in queries if p.get("required")),
                    guarded={} not in security,
                )


async def _plant_credentials(world: World) -> None:
    """Write a key and a webhook of the producer's user, an invitation and a member's relative.

    None of them opens anything.
    """
    values = {"user": world.known["user_id"], "key": uuid4(), "invitation": uuid4(), "now": world.clock()}
    values["webhook"] = uuid4()
    async with world.app.state.database.transaction() as session:
        await session.execute(
            text(
                "insert into api_key (id, user_id, name, prefix, digest, scopes, expires_at, version,"
                " created_at, updated_at) values (:key, :user, 'Khóa kín', 'kin', sha256('a'),"
                " '{product:read}', :now, 1, :now, :now)"
            ),
            values,
        )
        await session.execute(
            text(
                "insert into invitation (id, email, email_folded, grants, invited_by, expires_at, version,"
                " created_at, updated_at) values (:invitation, 'kin@moi.example', 'kin@moi.example', '[]',"
                " :user, :now, 1, :now, :now)"
            ),
            values,
        )
        await session.execute(
            text(
                "insert into webhook_endpoint (id, owner_id, url, description, kinds, secret, after_seq,"
                " unreachable, version, created_at, updated_at) values (:webhook, :user,"
                " 'https://kin.example/kin', 'Địa chỉ kín', '{*}', sha256('a'), 0, 0, 1, :now, :now)"
            ),
            values,
        )
        await session.execute(
            text(
                "insert into webhook_delivery (id, endpoint_id, kind, body, state, attempts, tried, due_at,"
                " created_at) values (:webhook, :webhook, 'webhook.test', '{}', 'waiting', 0, 0, :now, :now)"
            ),
            values,
        )
        await session.execute(
            text(
                "insert into member_interest (id, user_id, relation, relative_name, note, valid_from,"
                " registered_at) select :webhook, user_id, 'relative', 'Người thân kín', '', '2026-01-01',"
                " :now from council_member limit 1"
            ),
            values,
        )


async def _plant_earlier_dossier(world: World) -> None:
    """Write a recognised dossier of the year before, and a comment and a survey on the play's one."""
    values = {"id": UUID(world.known["dossier_id"]), "earlier": uuid4(), "now": world.clock()}
    kept = "product_id, producer_id, kind, regime, state, level, edition, set_number, lodged_on, place_id"
    kept += ", area_path, contents, samples, version, updated_at"
    statements = (
        f"""
        insert into dossier ({kept}, id, product_code, created_at)
        select {kept}, :earlier, product_code || '-', created_at - interval '1 year'
        from dossier where id = :id
        """,  # noqa: S608 - the columns are written above
        """
        insert into dossier_version (id, dossier_id, number, at, contents, sha256)
        select :earlier, :earlier, 1, at, contents, sha256
        from dossier_version where dossier_id = :id and number = 1
        """,
        """
        insert into dossier_comment
            (id, dossier_id, version_number, section, text, internal, author_name, author_party, created_at)
        values (:earlier, :id, 1, 'general', 'Ý kiến kín', true, 'cán bộ', 'office', :now)
        """,
        """
        insert into dossier_examination
            (id, dossier_id, kind, level, party, what, criteria, requested_by_name, created_at, state,
             ended_at, ended_by_name, done_on, conclusion, findings, participants, document_ids,
             criterion_findings)
        values (:earlier, :id, 'site_survey', 'province', 'advisory_group', 'Khảo sát kín', '["1.1"]',
             'cán bộ', :now, 'done', :now, 'cán bộ', '2026-06-01', 'met', 'Kết quả kín', '[]', '[]', '{}')
        """,
    )
    async with world.app.state.database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement), values)


async def _plant_appeal(world: World, document_id: UUID) -> None:
    """Write an appeal about the play's dossier that its council examines, with the document as evidence."""
    values = {
        "id": uuid4(),
        "dossier": UUID(world.known["dossier_id"]),
        "panel": UUID(world.known["council_id"]),
        "document": document_id,
        "now": world.clock(),
    }
    statements = (
        """
        insert into appeal (id, dossier_id, level, state, grounds, criteria, outcome, star, told_on, last_day,
            panel_id, report_due_on, version, created_at, updated_at)
        values (:id, :dossier, 'province', 'under_review', 'Kiến nghị kín', '[]', 'recognised', 3,
            current_date, current_date, :panel, current_date, 1, :now, :now)
        """,
        """
        insert into appeal_step (id, appeal_id, ordinal, action, to_state, party, at, data)
        values (:id, :id, 1, 'lodge', 'lodged', 'producer', :now, '{}')
        """,
        "insert into appeal_evidence values (:id, :document)",
    )
    async with world.app.state.database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement), values)


async def _plant_withdrawal(world: World, document_id: UUID) -> None:
    """Write a decided case about the play's certificate, with the document as evidence and as signed.

    The document is the signed decision of its recognition as well.
    """
    values = {"id": uuid4(), "document": document_id, "now": world.clock()}
    statements = (
        """
        insert into withdrawal_case (id, certificate_id, state, ground, further_grounds, source, found,
            answer_due_on, concluded_on, due_on, conclusion_authority, conclusion_summary, recipients,
            decision_number, decided_on, signer_title, version, created_at, updated_at)
        select :id, id, 'withdrawn', 'misuse_of_mark', '{}', 'inspection', 'Phát hiện kín', current_date,
            current_date, current_date, 'Sở', 'Phát hiện kín', '{Sở}', '1/QĐ', current_date, 'Chủ tịch', 1,
            :now, :now
        from certificate where dossier_id is not null order by id limit 1
        """,
        """
        insert into withdrawal_step (id, case_id, ordinal, action, to_state, party, at, data)
        values (:id, :id, 1, 'open', 'verifying', 'office', :now, '{}')
        """,
        "insert into withdrawal_evidence values (:id, :document, 'finding')",
        """
        insert into signed_withdrawal (id, case_id, sha256, size, uploaded_at)
        select :id, :id, sha256, size, :now from document where id = :document
        """,
        """
        insert into signed_decision (id, decision_id, sha256, size, uploaded_at)
        select :id, d.id, f.sha256, f.size, :now from document f, recognition_decision d
        where f.id = :document order by d.id limit 1
        """,
    )
    async with world.app.state.database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement), values)


async def _plant_inspection(world: World, document_id: UUID) -> None:
    """Write a concluded inspection of the play's certificate, with all that belongs to one."""
    sha256 = hashlib.sha256(_PICTURE).hexdigest()
    # The document's content stands for signed minutes too.
    await world.app.state.object_store.put(photo_key(sha256), _PICTURE)
    values = {
        "id": uuid4(),
        "certificate": UUID(world.known["certificate_id"]),
        "user": UUID(world.known["user_id"]),
        "document": document_id,
        "sha256": sha256,
        "size": len(_PICTURE),
        "now": world.clock(),
    }
    statements = (
        """
        insert into inspection_plan (id, name, year, level, place_id, area_path, period_from, period_to,
            contents, lead_body, taking_part, state, queries, approved_at, version, created_at, updated_at)
        values (:id, 'Kiểm tra kín', 2026, 'province', '34:68', '{34:68}', current_date, current_date,
            '{criteria}', 'Kiểm tra kín', '{}', 'approved', '[]', :now, 1, :now, :now)
        """,
        "insert into inspection_plan_certificate values (:id, :certificate, true, :now)",
        """
        insert into inspection (id, kind, plan_id, certificate_id, product_id, producer_id, level, place_id,
            area_path, contents, state, begun_at, version, created_at, updated_at)
        select :id, 'periodic', :id, id, product_id, producer_id, 'province', '34:68', area_path,
            '{criteria}', 'under_way', :now, 1, :now, :now from certificate where id = :certificate
        """,
        """
        insert into inspection_item (id, inspection_id, ordinal, code, content, kind, text_vi, text_en,
            source, ground, finding, note)
        values (:id, :id, 1, 'x', 'criteria', 'fixed', 'x', 'x', 'x', 'criteria_not_kept', 'not_kept',
            'Kiểm tra kín')
        """,
        """
        insert into inspection_photo (id, inspection_id, what, place, taken_at, media_type, size, width,
            height, sha256, created_at)
        values (:id, :id, 'Kiểm tra kín', 'x', :now, 'image/png', :size, 1, 1, :sha256, :now)
        """,
        """
        insert into inspection_inspector (inspection_id, user_id, name, lead, declared_at, has_interest)
        values (:id, :user, 'Kiểm tra kín', true, :now, false)
        """,
        """
        update inspection set state = 'concluded', concluded_at = :now, inspected_on = current_date,
            conclusion = 'improvements_required', summary = 'Kiểm tra kín', venue = 'x', people = '[]'
        """,
        """
        insert into inspection_step (id, inspection_id, ordinal, action, to_state, party, at, data)
        values (:id, :id, 1, 'conclude', 'concluded', 'inspector', :now,
            jsonb_build_object('due_on', jsonb_build_array(current_date)))
        """,
        """
        insert into inspection_improvement (id, inspection_id, ordinal, what, items, due_on, state)
        values (:id, :id, 1, 'Kiểm tra kín', '{x}', current_date, 'reported')
        """,
        """
        insert into inspection_improvement_step (id, improvement_id, ordinal, action, text, at)
        values (:id, :id, 1, 'reported', 'Kiểm tra kín', :now)
        """,
        "insert into inspection_evidence values (:id, :document)",
        """
        insert into inspection_minutes (id, inspection_id, sha256, size, generated_sha256, generated_size,
            signed_on, document_number, signatories, uploaded_at)
        values (:id, :id, :sha256, :size, :sha256, :size, current_date, '15/BB-KT', 'Kiểm tra kín', :now)
        """,
    )
    async with world.app.state.database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement), values)


async def _plant_twins(world: World) -> None:
    """Register the producer and the product a second time, so that both lists of duplicates have a pair."""
    admin = world.insiders[0]
    producer = (await world.http.get(f"/v1/producers/{world.known['producer_id']}", headers=admin)).json()
    product = (await world.http.get(f"/v1/products/{world.known['product_id']}", headers=admin)).json()
    twin = {name: producer[name] for name in ("name", "legal_form", "place_id")}
    made = await world.http.post(
        "/v1/producers", json={**twin, "private": {"phone": _PRIVATE["phone"]}}, headers=admin
    )
    assert made.status_code == 201, made.text
    again = {"name": product["name"], "producer_id": made.json()["id"], "set_number": product["set_number"]}
    made = await world.http.post("/v1/products", json=again, headers=admin)
    assert made.status_code == 201, made.text


async def _plant_signed_paper(world: World) -> None:
    """Hand in signed minutes of the play's session; any PDF but the one to be signed does for them."""
    admin, session = world.insiders[0], f"/v1/sessions/{world.known['session_id']}"
    dossier = f"{session}/dossiers/{world.known['dossier_id']}"
    scan = await world.http.get(f"{dossier}/papers/consolidated.pdf", headers=admin)
    assert scan.status_code == 200, scan.text
    told = {"paper": "minutes", "document_number": "12/BB-HĐ", "signatories": "Người ký kín"}
    told["signed_on"] = vietnam_date(world.clock()).isoformat()
    url = f"{session}/signed-papers"
    made = [
        (await world.http.post(url, params=told, content=scan.content, headers=headers)).status_code
        for headers in world.insiders
    ]
    assert 201 in made, made


async def _plant(world: World) -> None:
    """Write private facts and a document of the producer, and seal what tells of them."""
    await _plant_credentials(world)
    await _plant_signed_paper(world)
    await _plant_earlier_dossier(world)
    admin = world.insiders[0]
    producer_id = world.known["producer_id"]
    changed = await world.http.patch(
        f"/v1/producers/{producer_id}", json={"private": _PRIVATE}, headers={**admin, "If-Match": "*"}
    )
    assert changed.status_code == 200, changed.text
    await _plant_twins(world)
    saved = await world.http.post(
        f"/v1/products/{world.known['product_id']}/self-assessments",
        json={
            "title": "Bản tự đánh giá kín",
            "set_number": int(world.known["set_number"]),
            "target_star": 3,
        },
        headers=admin,
    )
    assert saved.status_code == 201, saved.text
    expires = (world.clock() + timedelta(days=20)).date().isoformat()
    made = await world.http.post(
        "/v1/documents",
        data={
            "producer_id": producer_id,
            "kind": "test_report",
            "title": "Tài liệu kín",
            "expires_on": expires,
        },
        files={"file": ("a.png", _PICTURE, "image/png")},
        headers=admin,
    )
    assert made.status_code == 201, made.text
    announced = await world.http.post(
        "/v1/documents/uploads",
        json={
            "producer_id": producer_id,
            "facts": {"kind": "test_report", "title": "Tài liệu kín"},
            "size": 1,
            "sha256": "0" * 64,
        },
        headers=admin,
    )
    assert announced.status_code == 201, announced.text
    state = world.app.state
    document_id = made.json()["id"]
    reading = JobContext(state.database, state.settings, world.clock, {"object_store": state.object_store})
    await DOCUMENT_JOBS["documents.process"](reading, {"document_id": document_id})
    async with state.database.transaction() as session:
        await session.execute(
            text("insert into document_citation values (:document, :dossier, 1)"),
            {"document": UUID(document_id), "dossier": UUID(world.known["dossier_id"])},
        )
    await _plant_appeal(world, UUID(document_id))
    await _plant_withdrawal(world, UUID(document_id))
    await _plant_inspection(world, UUID(document_id))
    await settle(state.database)
    await seal_pending(state.database, state.settings, world.clock)
    context = JobContext(state.database, state.settings, world.clock, {})
    await NOTIFICATION_JOBS["notifications.fan_out"](context, {})


async def _look(app: FastAPI, known: dict[str, str], names: set[str]) -> None:
    async with app.state.database.read() as session:
        for name in names:
            found = await session.scalar(text(f"{_KNOWN[name]} order by 1 limit 1"))
            assert found is not None, f"the play leaves no {name}"
            known[name] = found


async def _insiders(world: World) -> list[Headers]:
    """The administrator of everything, then those of the play who are party to the dossier."""
    async with world.app.state.database.read() as session:
        rows = await session.execute(
            text("select user_id, role, council_id, producer_id from role_grant where place_id is null")
        )
        held = [row for row in rows if row.council_id or row.producer_id]
    everywhere = [Grant(role, Bound.EVERYWHERE, level=Level.CENTRAL) for role in (Role.ADMIN, Role.OFFICER)]
    found = [world.headers(*everywhere)]
    for row in held:
        bound = Bound.COUNCIL if row.council_id else Bound.PRODUCER
        grant = Grant(Role(row.role), bound, council_id=row.council_id, producer_id=row.producer_id)
        found.append(world.headers(grant, user_id=row.user_id))
    return found


@pytest.fixture(scope="module")
async def world(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The played application, once for all tests here; none of them may change a thing of the play."""
    assert postgres
    name = f"ocop_matrix_{os.getpid()}"
    folder = tmp_path_factory.mktemp("matrix")
    await run_statement(f'create database "{name}" template "{os.environ["OCOP_TEST_TEMPLATE"]}"')
    await perform(url_of(name), folder, Console(file=StringIO()), short=True)
    clock = MovableClock(utc_now())
    app = create_app(make_settings(url_of(name), folder / "state"), clock)
    real = app.state.authenticate
    app.state.test_actors = {}

    async def authenticate(token: str) -> Actor:
        actor: Actor = app.state.test_actors.get(token) or await real(token)
        return actor

    app.state.authenticate = authenticate
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://localhost:8000", follow_redirects=True
        ) as http,
    ):
        made = World(app, http, clock, {}, list(_operations(app)), [])
        later = {"invitation_id", "key_id", "document_id", "notification_id", "upload_id"}
        later |= {"assessment_id", "since", "comment_id", "examination_id", "webhook_id", "delivery_id"}
        later |= {"inspection_id", "plan_id", "inspection_photo_id", "minutes_id"}
        later |= {"interest_id", "signed_paper_id", "appeal_id", "case_id", "signed_decision_id"}
        await _look(app, made.known, set(_KNOWN) - later)
        made.insiders.extend(await _insiders(made))
        await _plant(made)
        await _look(app, made.known, later)
        yield made
    await run_statement(f'drop database if exists "{name}" with (force)')


async def test_every_guarded_operation_refuses_a_caller_without_a_valid_credential(world: World) -> None:
    signed = await world.http.post(
        "/v1/auth/sign-in", json={"email": "tinh@demo.ocop.example", "password": PASSWORD}
    )
    lapsed = {"Authorization": f"Bearer {signed.json()['access_token']}"}
    assert (await world.http.get("/v1/me", headers=lapsed)).status_code == 200
    world.clock.move(hours=1)
    callers = {
        "nobody": {},
        "unknown token": {"Authorization": "Bearer ocop_at_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"},
        "expired token": lapsed,
    }
    guarded = [operation for operation in world.operations if operation.guarded]
    assert len(guarded) > 60
    wrong: list[object] = []
    for operation in guarded:
        for who, headers in callers.items():
            answer = await world.ask(operation, headers)
            if answer.status_code != 401 or not answer.headers.get("www-authenticate"):
                wrong.append((operation.id, who, answer.status_code))
    world.clock.move(hours=-1)
    assert wrong == [], "\n".join(str(w)[:1500] for w in wrong)


async def test_private_things_are_there_for_those_they_concern_and_for_no_stranger(world: World) -> None:
    strangers = world.strangers()
    wrong: list[object] = []
    for operation in world.operations:
        if operation.method != "get" or not operation.guarded or not operation.names:
            continue
        good = [(await world.ask(operation, headers)).status_code for headers in world.insiders]
        if 200 not in good:
            wrong.append((operation.id, "no insider", good))
        for who, headers in strangers.items():
            answer = await world.ask(operation, headers)
            allowed = {200, 403} if operation.id in _FORMS_TO_FILL else {403, 404}
            if answer.status_code not in allowed:
                wrong.append((operation.id, who, answer.status_code))
            elif any(value in answer.text for value in _HIDDEN):
                wrong.append((operation.id, who, answer.text))
    assert wrong == [], "\n".join(str(w)[:1500] for w in wrong)


async def test_a_thing_out_of_sight_is_answered_like_one_that_is_not_there(world: World) -> None:
    hidden: tuple[str, ...] = (
        "read_dossier",
        "read_document",
        "read_lot",
        "read_growing_area",
        "read_council",
    )
    hidden += ("read_inspection", "read_inspection_plan")
    hidden += ("read_session", "read_import", "read_user", "read_epcis_event")
    officer = world.strangers()["officer of another province"]
    for operation in world.operations:
        if operation.id in hidden:
            answer = await world.ask(operation, officer)
            made_up = operation.path.format(**dict.fromkeys(operation.names, str(uuid4())))
            absent = await world.http.get(made_up, headers=officer)
            assert answer.status_code == absent.status_code == 404, operation.id
            assert answer.json()["code"] == absent.json()["code"], operation.id


async def test_lists_of_private_things_are_empty_for_strangers(world: World) -> None:
    strangers = world.strangers()
    lists = [operation for operation in world.operations if operation.lists]
    assert {"list_dossiers", "list_lots", "list_documents", "list_users"} <= {found.id for found in lists}
    wrong: list[object] = []
    for operation in lists:
        # A filter by the id of the thing must not open it either; kinds are other words in each list.
        ids = [name for name in operation.queries if name in world.known and name != "kind"]
        filters = [{}, *({name: world.known[name]} for name in ids)]
        full = [await world.ask(operation, headers) for headers in world.insiders]
        if operation.id != "list_imports" and not any(
            found.is_success and found.json()["items"] for found in full
        ):
            wrong.append((operation.id, "no insider", [found.text for found in full]))
        for who, headers in strangers.items():
            for query in filters:
                answer = await world.ask(operation, headers, **query)
                if answer.status_code != 403 and (answer.status_code != 200 or answer.json()["items"]):
                    wrong.append((operation.id, f"{who} {query}", answer.text[:300]))
    assert wrong == [], "\n".join(str(w)[:1500] for w in wrong)


async def test_no_stranger_changes_a_private_thing(world: World) -> None:
    strangers = world.strangers()
    own = {"sign_out", "change_password", "sign_out_everywhere"}
    wrong: list[object] = []
    for operation in world.operations:
        if operation.method == "get" or not operation.guarded or operation.id in own:
            continue
        for who, headers in strangers.items():
            answer = await world.ask(operation, headers)
            if not 400 <= answer.status_code < 500:
                wrong.append((operation.id, who, answer.status_code))
    assert wrong == [], "\n".join(str(w)[:1500] for w in wrong)


async def test_public_answers_hold_nothing_private(world: World) -> None:
    wrong: list[object] = []
    asked = 0
    public = [found for found in world.operations if found.method == "get" and not found.guarded]
    callers = {"the public": {}, **world.strangers()}
    insider = await world.http.get(f"/v1/producers/{world.known['producer_id']}", headers=world.insiders[0])
    assert all(value in insider.text for value in _PRIVATE.values())
    for operation in public:
        queries: list[dict[str, str]] = [{}]
        if "limit" in operation.queries:
            queries = [{"limit": "100"}]
        for name in {"producer_id", "product_id"} & set(operation.queries):
            queries.append({name: world.known[name]})
        for who, headers in callers.items():
            for query in queries:
                for accept in ("application/json", "text/html"):
                    answer = await world.ask(operation, {**headers, "Accept": accept}, **query)
                    asked += answer.is_success
                    shown = answer.text if "pdf" not in operation.id and "png" not in operation.id else ""
                    found = [value for value in _HIDDEN if value in shown]
                    if found or answer.status_code >= 500:
                        wrong.append((operation.id, who, accept, answer.status_code, found))
    assert wrong == [], "\n".join(str(w)[:1500] for w in wrong)
    assert asked > len(public)


async def test_the_public_list_of_changes_holds_nothing_private(world: World) -> None:
    shown, more, query = "", True, {"limit": "1000"}
    while more:
        answer = await world.http.get("/v1/changes", params=query)
        assert answer.status_code == 200, answer.text
        shown += answer.text
        more, query = answer.json()["has_more"], {"limit": "1000", "since": answer.json()["next"]}
    assert "certificate.issued" in shown
    assert [value for value in _HIDDEN if value in shown] == []
