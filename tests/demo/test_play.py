"""The main job from end to end, as `make demo` plays it (without its first year)."""

import io
from pathlib import Path

import pypdf
import pytest
from openpyxl import load_workbook
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from ocop_api.demo import perform
from ocop_api.scoring.service.recomputing import recompute_results


@pytest.mark.slow
async def test_the_main_job_runs_through(database_url: str, tmp_path: Path) -> None:
    told = io.StringIO()
    kept = await perform(database_url, tmp_path, Console(file=told, width=160), short=True)
    story = told.getvalue()
    assert '"total": 205' in story
    assert "a new round opens" in story
    assert "4 stars" in story
    assert "Intact." in story
    names = {path.name for path in kept}
    assert {"certificate-today.pdf", "verify-today.html", "passport.html", "epcis-document.json"} <= names
    printed = pypdf.PdfReader(tmp_path / "certificate-today.pdf").pages[0].extract_text()
    assert "GIẤY CHỨNG NHẬN" in printed
    for page in ("verify-today.html", "passport.html"):
        assert "Cà phê" in (tmp_path / page).read_text("utf-8")
    assert "Of 2 rows 1 made a product, 1 did not" in story
    for picture in ("photo-320.webp", "test-report-preview.webp"):
        assert (tmp_path / picture).read_bytes()[8:12] == b"WEBP"
    catalogue = load_workbook(tmp_path / "catalogue.xlsx").worksheets[0]
    taken_home = {cell.value for row in catalogue.iter_rows() for cell in row}
    assert "Mắc ca sấy Tuy Đức" in taken_home
    assert "Hạt mắc ca" not in taken_home
    engine = create_async_engine(database_url)
    async with AsyncSession(engine) as session:
        derived = [one async for one in recompute_results(session)]
    await engine.dispose()
    assert derived
    assert {one.doubts for one in derived} == {()}
