"""The words of date expressions in English, German, French, Spanish, Italian, Portuguese, Dutch.

All are folded by `fold` of words.py.
"""

from typing import Final

from pichaven_search.query_language import periods
from pichaven_search.query_language.periods import Yearly


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_MONTHS: Final = (
    "january januar janner janvier enero gennaio janeiro januari",
    "february februar fevrier febrero febbraio fevereiro februari",
    "march marz mars marzo maart",
    "april avril abril aprile",
    "may mai mayo maggio maio mei",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august aout agosto augustus",
    "september septembre septiembre setiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dicembre dezembro",
)
_ABBREVIATIONS: Final = (
    *("jan", "feb febr", "mar", "apr avr", "", "jun", "jul", "aug", "sep sept", "oct okt"),
    *("nov", "dec dez"),
)

MONTHS: Final = {
    name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()
}
MONTH_ABBREVIATIONS: Final = {
    name: number for number, names in enumerate(_ABBREVIATIONS, start=1) for name in names.split()
}
"""Months only next to a day or a year."""
AMBIGUOUS_MONTHS: Final = _set("may march mars mai mei april avril june julio")
"""Months that are other words or names as well: alone they are plain words."""
ACCENTED_MONTHS: Final = {"março": "marzo"}
"""Months that only their accents tell from a name, and a synonym to read instead."""

SEASONS: Final = {
    name: quarter
    for quarter, names in enumerate(
        (
            "spring fruhling fruhjahr printemps primavera lente voorjaar",
            "summer sommer ete verano estate verao zomer",
            "autumn fall herbst automne otono autunno outono herfst najaar",
            "winter hiver invierno inverno",
        )
    )
    for name in names.split()
}

_HOLIDAYS: Final[tuple[tuple[Yearly, str], ...]] = (
    (
        periods.christmas,
        """
        christmas, xmas, christmas day, weihnachten, noel, navidad, natale, natal, kerst, kerstmis
        """,
    ),
    (
        periods.new_year,
        """
        new year, new years, new year's, new year's day, new years day, neujahr, nouvel an,
        ano nuevo, capodanno, ano novo, nieuwjaar
        """,
    ),
    (
        periods.new_years_eve,
        "new year's eve, new years eve, nye, silvester, nochevieja, reveillon, oudjaar",
    ),
    (periods.easter, "easter, ostern, paques, pascua, pasqua, pascoa, pasen"),
    (periods.halloween, "halloween"),
    (periods.valentines, "valentine's day, valentines day, valentinstag, san valentin"),
)
HOLIDAYS: Final = {
    tuple(name.split()): yearly for yearly, names in _HOLIDAYS for name in names.split(",")
}
MAX_HOLIDAY_WORDS: Final = max(map(len, HOLIDAYS))

UNITS: Final = {
    name: unit
    for unit, names in {
        "day": "day days tag tage tagen jour jours dia dias giorno giorni dag dagen",
        "week": "week weeks woche wochen semaine semaines semana semanas settimana settimane weken",
        "weekend": "weekend weekends week-end wochenende",
        "month": "month months monat monate monaten mois mes meses mese mesi maand maanden",
        "year": "year years jahr jahre jahren an ans annee annees ano anos anno anni jaar jaren",
    }.items()
    for name in names.split()
}
WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            "monday montag",
            "tuesday dienstag",
            "wednesday mittwoch",
            "thursday donnerstag",
            "friday freitag",
            "saturday samstag",
            "sunday sonntag",
        )
    )
    for name in names.split()
}
LAST: Final = _set("""
    last past previous letzter letzte letzten letztes letztem voriger vorige vorigen voriges
    vergangener vergangene vergangenen vergangenes dernier derniere derniers dernieres
    ultimo ultima ultimos ultimas ultimi ultime vorig afgelopen
    """)
LAST_AFTER: Final = _set("""
    dernier derniere derniers dernieres passe passee pasado pasada pasados pasadas
    scorso scorsa scorsi scorse passato passata passado passada passados passadas
    """)
THIS: Final = _set(
    "this dieser diese diesen dieses diesem cet cette ce este esta questo questa deze dit"
)
DAYS_BACK: Final = {
    name: back
    for back, names in enumerate(
        (
            "today heute aujourd'hui hoy oggi hoje vandaag 今日 今天",
            "yesterday gestern ayer ieri ontem gisteren 昨日 昨天",
            "vorgestern avant-hier anteayer anteontem eergisteren 前天",
        )
    )
    for name in names.split()
}
AGO: Final = _set("ago fa geleden")
AGO_PREFIXES: Final = (("vor",), ("hace",), ("ha",), ("il", "y", "a"))
NUMBERS: Final = {
    name: number
    for number, names in enumerate(
        (
            "a an one ein einem einer eine un une uno una um uma een",
            "two zwei deux dos due dois duas twee",
            "three drei trois tres tre drie",
            "four vier quatre cuatro quattro quatro",
            "five funf cinq cinco cinque vijf",
            "six sechs seis sei zes",
            "seven sieben sept siete sette sete zeven",
            "eight acht huit ocho otto oito",
            "nine neun neuf nueve nove negen",
            "ten zehn dix diez dieci dez tien",
        ),
        start=1,
    )
    for name in names.split()
}
JOINING: Final = _set("of de del di do")
"""Words between a month, a season or a holiday and its year."""
DATE_PREPOSITIONS: Final = _set(
    "in on from during of at im am vom von aus en au de du del em di nel dal op van"
)
ARTICLES: Final = _set("the der die das dem den el la le les lo il l")
SINCE: Final = _set("since seit depuis desde sinds")
"""The period that follows is included; `before` and `after` exclude it."""
ELISIONS: Final = ("l'", "d'", "dell'", "nell'", "quest'", "all'")
"""Articles and prepositions that are elided before a vowel; `quest'` means `this`."""

SOUTHERN_ZONES: Final = _set("""
    Africa/Johannesburg Africa/Maputo Africa/Harare Africa/Lusaka Africa/Windhoek
    Africa/Gaborone Africa/Maseru Africa/Mbabane America/Argentina America/Buenos_Aires
    America/Asuncion America/Bahia America/Campo_Grande America/Cuiaba America/La_Paz
    America/Lima America/Montevideo America/Porto_Velho America/Punta_Arenas America/Recife
    America/Santiago America/Sao_Paulo Antarctica Atlantic/Stanley Atlantic/South_Georgia
    Australia Indian/Antananarivo Indian/Mauritius Indian/Reunion NZ Pacific/Auckland
    Pacific/Chatham Pacific/Easter Pacific/Fiji Pacific/Noumea Pacific/Tongatapu
    """)
"""Time zones, or groups of them, of the southern hemisphere."""
