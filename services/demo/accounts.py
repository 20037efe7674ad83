"""Who may sign in to the demo, in the order of its story, and what there is to see; all share a password.

Addresses end in `.example`, where nobody receives mail; names are invented, and nobody's.
"""

from typing import Final

import msgspec

from infra.identity import Passwords, add_account, add_organisation, list_accounts, set_communes
from infra.identity.accounts import PLATFORM_CODE, Kind
from services.demo.insurers import CIMES, ENTRAIN, ENTRENOUS, JUST, MUTAME, TROIS_RIVIERES
from services.demo.script import Insurer
from services.wiring import Parts

DEMO_PASSWORD: Final = "beffroi-demo"  # noqa: S105 (shown on the sign-in page: the demo hides nothing)


_QUICK: Final = Passwords(time_cost=1, memory_kib=8_192)
"""The password is printed for everybody: nobody gains by guessing it slowly."""


class DemoAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One who may sign in. `who` is the organisation as the sign-in page names it, `sees` what there is to see.

    `code` is a SIREN, an INSEE code or that of a department; `communes` are those which a grouping reads.
    """

    email: str
    who: str
    role: Kind
    code: str
    name: str
    sees: str
    fictitious: bool = False
    communes: tuple[str, ...] = ()


def _town(code: str, who: str, address: str, name: str, sees: str) -> DemoAccount:
    return DemoAccount(email=f"elu@{address}.example", who=who, role="town", code=code, name=name, sees=sees)


def _insurer(insurer: Insurer, name: str, sees: str) -> DemoAccount:
    return DemoAccount(
        email=f"gestion@{insurer.key}.example",
        who=insurer.name,
        role="insurer",
        code=insurer.siren,
        name=name,
        sees=sees,
        fictitious=not insurer.real,
    )


DEMO_ACCOUNTS: Final = (
    _town(
        "18279",
        "Vierzon",
        "vierzon",
        "Ombeline Sonnefort",
        "Plafond de 3 % rompu à la deuxième hausse de l’année : l’explication est attendue.",
    ),
    _insurer(
        TROIS_RIVIERES,
        "Apolline Brisecloche",
        "Seize communes dans tous les états, des échéances, une grille en préparation.",
    ),
    _town(
        "18141",
        "Mehun-sur-Yèvre",
        "mehun-sur-yevre",
        "Firmin Quatreheures",
        "Une rupture expliquée, puis contestée par la ville.",
    ),
    _town(
        "38185",
        "Grenoble",
        "grenoble",
        "Oriane Tourdauvent",
        "Dix engagements tenus, dont la remise sur une grille de référence ; deux organismes.",
    ),
    _town(
        "18205",
        "Saint-Doulchard",
        "saint-doulchard",
        "Perrine Carillonel",
        "Une hausse de taxe dérogée par la ville, jusqu’à une date.",
    ),
    _town(
        "18015",
        "Aubigny-sur-Nère",
        "aubigny-sur-nere",
        "Clovis Frappemidi",
        "Un plafond indexé qui ne peut pas encore être jugé : l’indice paraît en janvier.",
    ),
    _town(
        "18033",
        "Bourges",
        "bourges",
        "Isaure Grandbourdon",
        "Une mise en demeure envoyée, dont le délai court.",
    ),
    _town(
        "18207",
        "Saint-Florent-sur-Cher",
        "saint-florent-sur-cher",
        "Aubin Matinbleu",
        "Une rupture corrigée par une nouvelle grille : l’historique montre les deux.",
    ),
    _town(
        "18003",
        "Les Aix-d’Angillon",
        "les-aix-d-angillon",
        "Mahaut Joliguet",
        "Une rupture expliquée et une dérogation demandée : à la ville de répondre.",
    ),
    _town(
        "18197",
        "Saint-Amand-Montrond",
        "saint-amand-montrond",
        "Blaise Montecloche",
        "Une convention résiliée par la ville : le préavis court.",
    ),
    _town(
        "18109",
        "Henrichemont",
        "henrichemont",
        "Edmée Ancolie-Vasseau",
        "Un avenant à confirmer ; une alerte sur le gel légal de 2026, acceptée.",
    ),
    _town(
        "18050",
        "La Chapelle-Saint-Ursin",
        "la-chapelle-saint-ursin",
        "Eudes Doucerive",
        "Une hausse moyenne pondérée par les adhérents, tenue.",
    ),
    _town(
        "18096",
        "Foëcy",
        "foecy",
        "Sibylle Aubeclaire",
        "Une convention pour trois communes, confirmée ici.",
    ),
    _town("18140", "Massay", "massay", "Côme Nuagebas", "La même convention, confirmée aussi."),
    _town("18148", "Méreau", "mereau", "Liane Heurtecarreau", "La même convention, à confirmer."),
    _town(
        "18267",
        "Trouy",
        "trouy",
        "Hector Boisdormant",
        "Une convention refusée : ce qui est déclaré n’est pas ce qui a été voté.",
    ),
    _town(
        "18087",
        "Dun-sur-Auron",
        "dun-sur-auron",
        "Zélie Vieilquartier",
        "Une convention échue : les adhérents gardent leur contrat, les grilles restent jugées.",
    ),
    DemoAccount(
        email="elu@cher.example",
        who="Département du Cher (compte fictif)",
        role="grouping",
        code="18",
        name="Gontran Pierrelune",
        sees="Lit Vierzon et Mehun-sur-Yèvre, sans rien pouvoir y décider.",
        fictitious=True,
        communes=("18141", "18279"),
    ),
    _town(
        "94016",
        "Cachan",
        "cachan",
        "Léopold Tintebronze",
        "Trois niveaux, une hausse annoncée, tout est tenu.",
    ),
    _town(
        "52121",
        "Chaumont",
        "chaumont",
        "Hermine Pavédoré",
        "Plus de 400 adhérents, comme publié, et leurs statistiques.",
    ),
    _town(
        "52448",
        "Saint-Dizier",
        "saint-dizier",
        "Gaspard Minuitblanc",
        "Deux permanences par semaine ; le nombre d’adhérents n’est pas connu.",
    ),
    _town(
        "14118",
        "Caen",
        "caen",
        "Anselme Voletclos",
        "La grille publiée en 2024, avec sa source ; prix gelés puis plafonnés.",
    ),
    _town("25056", "Besançon", "besancon", "Faustine Petitbeffroi", "Une convention déclarée, à confirmer."),
    _insurer(ENTRENOUS, "Maud Clochenvert", "Grenoble : la remise se vérifie sur la grille de référence."),
    _insurer(ENTRAIN, "Idir Longuecorde", "Cachan : trois niveaux."),
    _insurer(JUST, "Solène Marteclair", "Chaumont et Saint-Dizier, avec la même grille."),
    _insurer(MUTAME, "Théophile Ormeveille", "Caen : les prix publiés."),
    _insurer(CIMES, "Bastien Hautelanterne", "Grenoble : un plafond indexé sur la sécurité sociale."),
    DemoAccount(
        email="exploitation@beffroi.example",
        who="Beffroi",
        role="operator",
        code=PLATFORM_CODE,
        name="Sidonie Guetnocturne",
        sees="Les indices et leurs sources, les conventions à confirmer, l’état du service.",
    ),
)
"""In the order in which the sign-in page and the console show them."""


def open_accounts(parts: Parts) -> None:
    """Make the organisations and accounts that are not there yet; the others stay as they are."""
    with parts.owner_connection() as connection:
        known = {account.email for account in list_accounts(connection)}
        for account in DEMO_ACCOUNTS:
            if account.email in known:
                continue
            organisation = add_organisation(
                connection, account.role, account.code, account.who, fictitious=account.fictitious
            )
            if account.role == "grouping":
                set_communes(connection, organisation, account.communes)
            add_account(
                connection,
                organisation,
                email=account.email,
                name=account.name,
                password=DEMO_PASSWORD,
                now=parts.clock.now(),
                passwords=_QUICK,
            )
