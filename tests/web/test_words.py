"""States, steps and conditions read as words in Vietnamese and as codes in English."""

from enum import StrEnum

import httpx
import pytest

from ocop_api.certificates.standing import Standing
from ocop_api.domain import (
    appeal,
    council_session,
    dossier,
    inspection,
    inspection_findings,
    listing,
    withdrawal,
)
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.web.texts import text_of, words

SAID: dict[str, tuple[type[StrEnum], ...]] = {
    "standing": (Standing,),
    "level": (dossier.Level,),
    "dossier": (dossier.State, dossier.Action, dossier.Guard, dossier.Party),
    "appeal": (
        dossier.State,
        appeal.AppealState,
        appeal.AppealAction,
        appeal.AppealGuard,
        appeal.AppealParty,
    ),
    "scoring": (council_session.SessionState,),
    "withdrawal": (
        withdrawal.WithdrawalState,
        withdrawal.WithdrawalAction,
        withdrawal.WithdrawalGuard,
        withdrawal.WithdrawalParty,
        WithdrawalGround,
    ),
    "inspection": (
        inspection.PlanState,
        inspection.PlanAction,
        inspection.InspectionState,
        inspection.InspectionAction,
        inspection.InspectionGuard,
        inspection.InspectionParty,
        inspection_findings.ImprovementState,
    ),
    "listings": (listing.ListingState, listing.ListingAction),
}


@pytest.mark.parametrize("section", SAID)
def test_every_code_has_a_word(section: str) -> None:
    codes = {one.value for kind in SAID[section] for one in kind}
    assert codes - words()[section].keys() == set()


def test_a_word_is_one_for_a_reader() -> None:
    for section in words().values():
        for code, word in section.items():
            assert word.strip() == word
            assert "_" not in word
            assert word != code


def test_sentences_say_words_in_vietnamese_and_codes_in_english() -> None:
    data = {"action": "decide", "state": "verifying", "allowed_actions": ["conclude", "dismiss"]}
    told = text_of("withdrawal.action_not_allowed", "vi", data)
    assert "quyết định thu hồi" in told
    assert "đang kiểm tra, xác minh" in told
    assert "decide" not in told
    in_english = text_of("withdrawal.action_not_allowed", "en", data)
    assert in_english == "A case that is verifying does not allow decide."
    lacking = text_of("inspection.guard_not_met", "vi", {"action": "close", "missing": ["minutes_signed"]})
    assert "đã có biên bản ký" in lacking
    assert "đã thu hồi" not in text_of("certificate.not_in_force", "vi", {"standing": "withdrawn"})
    assert "đã bị thu hồi" in text_of("certificate.not_in_force", "vi", {"standing": "withdrawn"})


def test_what_is_no_code_stays_as_it_is() -> None:
    told = text_of("inspection.guard_not_met", "vi", {"action": "of_another_feature", "missing": ["1.1", 7]})
    assert "of_another_feature" in told
    assert "1.1, 7" in told


async def test_a_refused_field_names_its_bounds_in_vietnamese(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/certificates?stars=7&status=lost&limit=0")
    told = {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}
    assert told["/query/stars"] == "Giá trị quá lớn, nhiều nhất 5."
    assert told["/query/limit"] == "Giá trị quá nhỏ, phải từ 1 trở lên."
    assert told["/query/status"].startswith("Không thuộc các giá trị cho phép: 'not_yet_valid', ")
    assert told["/query/status"].endswith("hoặc 'reported'.")
