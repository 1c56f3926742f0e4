"""The periods of OCOP law as data: who decides what, on which dates, within which limits.

A dossier follows the regime in force on the day it was lodged; a certificate lives by the regime it was
issued under. Services ask a :class:`Regime` and never compare dates or stars with constants of their own.

Decisions 148, 1489 and 1048 were read in excerpts; a :class:`Source` with ``silent=True`` marks every
value that neither they nor Decision 26/2026 state, which is then this system's default.
"""

from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from ocop_api.domain.actor import Level
from ocop_api.domain.errors import NotFound, RuleViolation
from ocop_api.domain.regime_terms import (
    CertificateTerms,
    CommuneTopic,
    Decision,
    DossierKind,
    LevelRule,
    LodgingTerms,
    ProducerForm,
    RatingRound,
    Regime,
    RoundDates,
    Source,
    StarBand,
    TransitionRules,
    check_points,
)

__all__ = [
    "REGIMES",
    "CertificateTerms",
    "CommuneTopic",
    "Decision",
    "DossierKind",
    "Level",
    "LevelRule",
    "LodgingTerms",
    "ProducerForm",
    "RatingRound",
    "Regime",
    "RoundDates",
    "Source",
    "StarBand",
    "TransitionRules",
    "check_points",
    "regime",
    "regime_on",
]

_FIVE, _FOUR, _THREE = Decimal(90), Decimal(70), Decimal(50)
_TWO = Decimal(30)

_BANDS = (
    StarBand(star=5, minimum=_FIVE, below=None),
    StarBand(star=4, minimum=_FOUR, below=_FIVE),
    StarBand(star=3, minimum=_THREE, below=_FOUR),
    StarBand(star=2, minimum=_TWO, below=_THREE),
    StarBand(star=1, minimum=Decimal(0), below=_TWO),
)

_FORMS_26 = frozenset(
    {
        ProducerForm.COOPERATIVE,
        ProducerForm.COOPERATIVE_GROUP,
        ProducerForm.SMALL_MEDIUM_ENTERPRISE,
        ProducerForm.FARM,
        ProducerForm.PRODUCTION_HOUSEHOLD,
        ProducerForm.FAMILY_BUSINESS,
    },
)
_FORMS_148 = _FORMS_26 | {
    ProducerForm.COOPERATIVE_UNION,
    ProducerForm.COMPANY,
    ProducerForm.ENTERPRISE,
}
_TOURISM_FORMS = frozenset({ProducerForm.ASSOCIATION, ProducerForm.OPERATING_CENTRE})

_DECISION_1048 = Decision("1048/QĐ-TTg", date(2019, 8, 21))
_DECISION_781 = Decision("781/QĐ-TTg", date(2020, 6, 8))
_DECISION_148 = Decision("148/QĐ-TTg", date(2023, 2, 24))
_DECISION_1489 = Decision("1489/QĐ-TTg", date(2025, 7, 6))
_DECISION_26 = Decision("26/2026/QĐ-TTg", date(2026, 5, 22))

# Decision 26/2026, Art. 11.2: the acts it replaces lapse 60 days after 22/05/2026.
_REPEALED_BY_26 = date(2026, 5, 22) + timedelta(days=60)

_CERTIFICATE_148 = CertificateTerms(
    months=36,
    months_source=Source("148/QĐ-TTg: 36 months from issue"),
    expiry_notice_days=30,
    expiry_notice_source=Source("148/QĐ-TTg: the issuer writes to the producer at least 30 days ahead"),
    withdrawal_days=15,
    withdrawal_source=Source(
        "148/QĐ-TTg was read in excerpts; the 15 days of 26/2026, Art. 8.4", silent=True
    ),
)

_LODGING_148 = LodgingTerms(
    paper_sets=1,
    electronic_sets=1,
    samples=5,
    samples_source=Source("148/QĐ-TTg, compulsory part of the file: five sample units"),
    members_notice_working_days=1,
    source=Source("148/QĐ-TTg: members have the electronic file one working day before the meeting"),
)

_SOURCE_1489 = Source("1489/QĐ-TTg amending 148/QĐ-TTg: two tiers of local government")


def _province_and_centre(province: Source, centre: Source) -> tuple[LevelRule, LevelRule]:
    return (
        LevelRule(
            level=Level.PROVINCE,
            has_council=True,
            decides=frozenset({3, 4}),
            forwards_to=Level.CENTRAL,
            forward_from=_FIVE,
            source=province,
        ),
        LevelRule(level=Level.CENTRAL, has_council=True, decides=frozenset({5}), source=centre),
    )


def _commune(source: Source) -> LevelRule:
    return LevelRule(
        level=Level.COMMUNE,
        receives=True,
        topics=frozenset(CommuneTopic),
        forwards_to=Level.PROVINCE,
        source=source,
    )


_QD1048 = Regime(
    code="qd1048-2019",
    decisions=(_DECISION_1048, _DECISION_781),
    valid_from=date(2019, 8, 21),
    valid_to=date(2023, 2, 23),
    repealed_after=None,
    criteria_edition=None,
    levels=(
        LevelRule(
            level=Level.DISTRICT,
            receives=True,
            has_council=True,
            forwards_to=Level.PROVINCE,
            forward_from=_THREE,
            source=Source("1048/QĐ-TTg: the district rates and forwards files of at least 50 points"),
        ),
        *_province_and_centre(
            Source("1048/QĐ-TTg: the province recognises 3 and 4 stars, forwards from 90 points"),
            Source("1048/QĐ-TTg: the centre recognises 5 stars"),
        ),
    ),
    bands=_BANDS,
    bands_source=Source("1048/QĐ-TTg: five ranks of 100 points"),
    producer_forms=_FORMS_148,
    tourism_forms=_TOURISM_FORMS,
    forms_source=Source("1048/QĐ-TTg was not read on this point; the forms of 148/QĐ-TTg", silent=True),
    certificate=CertificateTerms(
        months=36,
        months_source=Source("1048/QĐ-TTg was not read on this point; as 148/QĐ-TTg", silent=True),
        expiry_notice_days=30,
        expiry_notice_source=Source("1048/QĐ-TTg was not read on this point; as 148/QĐ-TTg", silent=True),
        withdrawal_days=15,
        withdrawal_source=Source("1048/QĐ-TTg was not read on this point; as 26/2026, Art. 8.4", silent=True),
    ),
    lodging=LodgingTerms(
        paper_sets=1,
        electronic_sets=1,
        samples=5,
        samples_source=Source("1048/QĐ-TTg was not read on this point; as 148/QĐ-TTg", silent=True),
        source=Source("1048/QĐ-TTg was not read on this point; no limits are applied", silent=True),
    ),
    rounds=(),
    product_code_has_district=True,
    product_code_source=Source("T-H-X-STT-yyyy as on certificates of 2021 and 2022"),
)

_QD148 = Regime(
    code="qd148-2023",
    decisions=(_DECISION_148,),
    valid_from=date(2023, 2, 24),
    valid_to=date(2025, 7, 5),
    repealed_after=_REPEALED_BY_26,
    criteria_edition="qd148-2023",
    levels=(
        LevelRule(
            level=Level.DISTRICT,
            receives=True,
            has_council=True,
            decides=frozenset({3}),
            forwards_to=Level.PROVINCE,
            forward_from=_FOUR,
            source=Source(
                "148/QĐ-TTg: the district recognises 3 stars; the threshold follows from the bands"
            ),
        ),
        LevelRule(
            level=Level.PROVINCE,
            has_council=True,
            decides=frozenset({4}),
            forwards_to=Level.CENTRAL,
            forward_from=_FIVE,
            source=Source(
                "148/QĐ-TTg: the province recognises 4 stars; the threshold follows from the bands"
            ),
        ),
        LevelRule(
            level=Level.CENTRAL,
            has_council=True,
            decides=frozenset({5}),
            source=Source("148/QĐ-TTg: the ministry recognises 5 stars"),
        ),
    ),
    bands=_BANDS,
    bands_source=Source("148/QĐ-TTg: five ranks of 100 points"),
    producer_forms=_FORMS_148,
    tourism_forms=_TOURISM_FORMS,
    forms_source=Source("148/QĐ-TTg: also unions of cooperatives, companies, enterprises"),
    certificate=_CERTIFICATE_148,
    lodging=_LODGING_148,
    rounds=(),
    product_code_has_district=True,
    product_code_source=Source("T-H-X-STT-yyyy as on registration slips under 148/QĐ-TTg"),
)

_QD1489 = Regime(
    code="qd1489-2025",
    decisions=(_DECISION_148, _DECISION_1489),
    valid_from=date(2025, 7, 6),
    valid_to=date(2026, 5, 21),
    repealed_after=_REPEALED_BY_26,
    criteria_edition="qd148-2023",
    levels=(_commune(_SOURCE_1489), *_province_and_centre(_SOURCE_1489, _SOURCE_1489)),
    bands=_BANDS,
    bands_source=Source("148/QĐ-TTg, unchanged by 1489/QĐ-TTg"),
    producer_forms=_FORMS_148,
    tourism_forms=_TOURISM_FORMS,
    forms_source=Source("148/QĐ-TTg, unchanged by 1489/QĐ-TTg"),
    certificate=_CERTIFICATE_148,
    lodging=_LODGING_148,
    rounds=(),
    product_code_has_district=False,
    product_code_source=Source(
        "districts no longer exist since 01/07/2025 (19/2025/QĐ-TTg), so the code carries none",
        silent=True,
    ),
)

_ART_5_1 = Source("26/2026/QĐ-TTg, Art. 5.1")
_ART_5_2 = Source("26/2026/QĐ-TTg, Art. 5.2")

_QD26 = Regime(
    code="qd26-2026",
    decisions=(_DECISION_26,),
    valid_from=date(2026, 5, 22),
    valid_to=None,
    repealed_after=None,
    criteria_edition="qd26-2026",
    levels=(
        _commune(Source("26/2026/QĐ-TTg, Art. 7.1, 7.2")),
        *_province_and_centre(
            Source("26/2026/QĐ-TTg, Art. 4.1a, 7.3e"),
            Source("26/2026/QĐ-TTg, Art. 4.1b, 7.4"),
        ),
    ),
    bands=_BANDS,
    bands_source=Source("26/2026/QĐ-TTg, Art. 3.3"),
    producer_forms=_FORMS_26,
    tourism_forms=_TOURISM_FORMS | {ProducerForm.EQUIVALENT_BODY},
    forms_source=Source("26/2026/QĐ-TTg, Art. 2.3"),
    certificate=CertificateTerms(
        months=36,
        months_source=Source("26/2026/QĐ-TTg, Art. 4.3"),
        expiry_notice_days=180,
        expiry_notice_source=Source(
            "26/2026/QĐ-TTg sets no notice; producers hear when the window of Art. 7.6a opens",
            silent=True,
        ),
        withdrawal_days=15,
        withdrawal_source=Source("26/2026/QĐ-TTg, Art. 8.4"),
    ),
    lodging=LodgingTerms(
        paper_sets=1,
        electronic_sets=1,
        samples=5,
        samples_source=Source("26/2026/QĐ-TTg, Art. 6.2d"),
        commune_working_days=15,
        rerating_earliest_days=180,
        rerating_latest_days=120,
        rerating_days=45,
        rerating_by_written_opinion=True,
        source=Source("26/2026/QĐ-TTg, Art. 7.1, 7.2, 7.6a, 7.6d, 7.6g"),
    ),
    rounds=(
        RatingRound(
            level=Level.PROVINCE,
            number=1,
            requested_before=(4, 30),
            done_before=(6, 30),
            source=_ART_5_1,
        ),
        RatingRound(
            level=Level.PROVINCE,
            number=2,
            requested_before=(10, 30),
            done_before=(12, 30),
            source=_ART_5_1,
        ),
        RatingRound(
            level=Level.CENTRAL,
            number=1,
            requested_before=(7, 30),
            done_before=(9, 30),
            source=_ART_5_2,
        ),
        RatingRound(
            level=Level.CENTRAL,
            number=2,
            requested_before=(1, 30),
            done_before=(3, 30),
            source=_ART_5_2,
        ),
    ),
    product_code_has_district=False,
    product_code_source=Source("26/2026/QĐ-TTg, forms of Annex III: T-X-STT-20yy"),
    transition=TransitionRules(
        effective_on=date(2026, 5, 22),
        finish_days=MappingProxyType(
            {DossierKind.FIRST: 60, DossierKind.UPGRADE: 60, DossierKind.RERATING: 30},
        ),
        finish_source=Source("26/2026/QĐ-TTg, Art. 12.2"),
        extension_days=180,
        extension_source=Source("26/2026/QĐ-TTg, Art. 12.3"),
    ),
)

REGIMES: tuple[Regime, ...] = (_QD1048, _QD148, _QD1489, _QD26)
"""All regimes, oldest first, without gap or overlap."""


def regime(code: str) -> Regime:
    """Return the regime with this code.

    Raises:
        NotFound: ``regimes.unknown``.
    """
    for candidate in REGIMES:
        if candidate.code == code:
            return candidate
    raise NotFound("regimes.unknown", regime=code, known=[candidate.code for candidate in REGIMES])


def regime_on(day: date) -> Regime:
    """Return the regime a file lodged on ``day`` follows.

    Raises:
        RuleViolation: ``regimes.before_first_regime``, the programme had no rating rules on that day.
    """
    for candidate in REGIMES:
        if candidate.covers(day):
            return candidate
    raise RuleViolation(
        "regimes.before_first_regime",
        day=day.isoformat(),
        first_day=REGIMES[0].valid_from.isoformat(),
    )
