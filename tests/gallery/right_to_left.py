"""A document that runs from right to left, with every block that is mirrored in it."""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]


def right_to_left() -> Data:
    """Hebrew, with Latin names, links and figures in it, in several styles."""
    return {
        "locale": "he",
        "currency": "ILS",
        "title": "סקירה שנתית של Harbour Line",
        "subtitle": "תפעול וכספים, 2026",
        "blocks": [
            {
                "type": "paragraph",
                "text": "החברה העבירה **1.24 מיליון מכולות** בשנת 2026, יותר מבכל שנה קודמת. הסקירה "
                "*מסבירה* מה השתנה וכמה זה עלה. שאלות אל [the operations desk](mailto:desk@example.com) "
                "או אל `ops-7` במשרד (קומה 3).",
            },
            {
                "type": "metrics",
                "items": [
                    {
                        "label": "הכנסות",
                        "value": 48250000,
                        "format": "currency",
                        "previous": 44100000,
                        "trend": [9.8, 10.4, 11.2, 10.9, 11.8, 13.0],
                    },
                    {"label": "מכולות", "value": 1240500, "change": 0.062, "detail": "לעומת 2025"},
                    {"label": "בזמן", "value": 0.943, "format": "percent", "previous": 0.951},
                ],
            },
            {"type": "heading", "text": "מה השתנה"},
            {
                "type": "columns",
                "columns": [
                    [
                        {
                            "type": "list",
                            "items": [
                                "הדלק ירד ב-6% לאחר ששתי אוניות חוברו לחשמל",
                                {"text": "דמי הנמל עלו", "items": ["המבורג, ב-**11%**", "Porto, ב-4%"]},
                                "התחזוקה **בתקציב**",
                            ],
                        },
                        {"type": "list", "ordered": True, "items": ["לבדוק", "לאשר", "לחתום"]},
                    ],
                    [
                        {"type": "quote", "text": "החורף השקט ביותר זה עשר שנים.", "source": "מ. אולסן"},
                        {
                            "type": "callout",
                            "tone": "bad",
                            "title": "להחליט",
                            "text": "חוזה *רציף 4* מסתיים ב-**March 2027**.",
                        },
                    ],
                ],
            },
            {
                "type": "table",
                "groupBy": "קו",
                "columns": [
                    {"key": "קו"},
                    {"key": "נמל"},
                    {"key": "מכולות", "format": "number", "total": "sum"},
                    {"key": "הכנסות", "format": "currency", "total": "sum"},
                    {
                        "key": "צמיחה",
                        "format": "percent",
                        "rules": [{"when": "<", "value": 0, "tone": "bad"}],
                    },
                ],
                "rows": [
                    ["בלטי", "Gdańsk", 268400, 10120000, 0.081],
                    ["בלטי", "ריגה", 219600, 8310000, 0.043],
                    ["אטלנטי", "פורטו", 201300, 8020000, -0.018],
                ],
            },
            {
                "type": "keyValue",
                "columns": 3,
                "items": {"צי": "14 אוניות", "צוות": 412, "רואה חשבון": "Lindqvist & Partner"},
            },
            {"type": "signature", "lines": ["מ. אולסן", {"name": "A. Lindqvist", "detail": "רואה חשבון"}]},
        ],
    }
