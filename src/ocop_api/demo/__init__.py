"""The main job, played on real products through the real API, on the dates of the law."""

from ocop_api.demo.play import perform, play

__all__ = ["perform", "play"]
