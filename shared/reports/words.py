"""The few words that the engine itself prints, by language; English where a language is not listed."""

from __future__ import annotations

from typing import Literal

Word = Literal["yes", "no", "total", "subtotal", "average", "rows", "no_rows", "continued", "page", "of"]

_ENGLISH: dict[Word, str] = {
    "yes": "yes",
    "no": "no",
    "total": "Total",
    "subtotal": "Total",
    "average": "Average",
    "rows": "rows",
    "no_rows": "No rows.",
    "continued": "continued",
    "page": "Page",
    "of": "of",
}
_ORDER: tuple[Word, ...] = tuple(_ENGLISH)
_OTHERS = {
    "de": (
        "ja",
        "nein",
        "Summe",
        "Summe",
        "Mittel",
        "Zeilen",
        "Keine Zeilen.",
        "Fortsetzung",
        "Seite",
        "von",
    ),
    "fr": ("oui", "non", "Total", "Total", "Moyenne", "lignes", "Aucune ligne.", "suite", "Page", "sur"),
    "es": ("sí", "no", "Total", "Total", "Media", "filas", "Sin filas.", "continuación", "Página", "de"),
    "it": ("sì", "no", "Totale", "Totale", "Media", "righe", "Nessuna riga.", "segue", "Pagina", "di"),
    "nl": ("ja", "nee", "Totaal", "Totaal", "Gemiddelde", "rijen", "Geen rijen.", "vervolg", "Pagina", "van"),
    "pt": ("sim", "não", "Total", "Total", "Média", "linhas", "Sem linhas.", "continuação", "Página", "de"),
    "pl": ("tak", "nie", "Razem", "Razem", "Średnia", "wiersze", "Brak wierszy.", "cd.", "Strona", "z"),
    "sv": ("ja", "nej", "Summa", "Summa", "Medel", "rader", "Inga rader.", "forts.", "Sida", "av"),
    "ja": ("はい", "いいえ", "合計", "小計", "平均", "行", "行がありません。", "続き", "ページ", "/"),
}
WORDS: dict[str, dict[Word, str]] = {
    "en": _ENGLISH,
    **{language: dict(zip(_ORDER, words, strict=True)) for language, words in _OTHERS.items()},
}

#: before the numbers of a table's columns
COLUMNS = {
    "en": "Columns",
    "de": "Spalten",
    "fr": "Colonnes",
    "es": "Columnas",
    "it": "Colonne",
    "nl": "Kolommen",
    "pt": "Colunas",
    "pl": "Kolumny",
    "sv": "Kolumner",
    "ja": "列",
}
