"""Who appears in the play, and where their roles hold."""

from ocop_api.accounts.provisioning import ensure_user
from ocop_api.demo.stage import PASSWORD, Stage
from ocop_api.domain.actor import Bound, Grant, Role

DISTRICT = "63:665"  # Huyện Đắk Song, Đắk Nông, until 30/06/2025
OLD_PROVINCE = "63:67"  # Tỉnh Đắk Nông
PROVINCE = "34:68"  # Tỉnh Lâm Đồng since 01/07/2025
COUNCIL = tuple(f"hoidong{n}" for n in range(1, 6))


async def enter(stage: Stage, commune: str) -> None:
    """Make the accounts of the play: officers, leaders, council members without a role yet."""

    def area(role: Role, place_id: str) -> list[Grant]:
        return [Grant(role, Bound.AREA, place_id=place_id)]

    cast: list[tuple[str, str, list[Grant]]] = [
        ("admin", "Quản trị hệ thống", [Grant(Role.ADMIN, Bound.EVERYWHERE)]),
        ("huyen", "Cán bộ OCOP huyện Đắk Song", area(Role.OFFICER, DISTRICT)),
        ("chutichhuyen", "Chủ tịch UBND huyện Đắk Song", area(Role.LEADER, DISTRICT)),
        ("xa", "Cán bộ cấp xã", area(Role.OFFICER, commune)),
        ("tinh", "Cán bộ OCOP tỉnh Lâm Đồng", area(Role.OFFICER, PROVINCE)),
        ("chutich", "Chủ tịch UBND tỉnh Lâm Đồng", area(Role.LEADER, PROVINCE)),
        *((who, f"Thành viên hội đồng {who[-1]}", []) for who in COUNCIL),
        ("thuky", "Thư ký hội đồng", []),
    ]
    async with stage.app.state.database.transaction() as session:
        for who, name, grants in cast:
            await ensure_user(
                session,
                email=f"{who}@demo.ocop.example",
                display_name=name,
                password=PASSWORD,
                grants=grants,
                now=stage.clock(),
                security=stage.app.state.settings.security,
            )


async def act_for(stage: Stage, who: str, name: str, producer_id: str) -> None:
    """Give somebody an account that acts for a producer, through the API as an administrator does."""
    user = await stage.post(
        "/v1/users",
        "admin",
        {"email": f"{who}@demo.ocop.example", "display_name": name, "password": PASSWORD},
    )
    grant = {"role": "producer", "bound": "producer", "producer_id": producer_id}
    await stage.post(f"/v1/users/{user['id']}/grants", "admin", grant)
