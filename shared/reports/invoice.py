"""The `invoice` report: one invoice, its lines summed up by tax rate."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext

from pydantic import Field

from shared.reports.blocks import Block, Column, Columns, KeyValue, Paragraph, Table, Totals
from shared.reports.extras import extra_columns, extra_values, filled_table, further_data, notes
from shared.reports.fields import Date, Name, Num, Number, ReportModel, Text
from shared.reports.locales import currency_digits, price_decimals
from shared.reports.presentation import Presented
from shared.reports.types import ReportType


class Party(ReportModel):
    """Seller or buyer."""

    name: Name
    #: lines are separated by line feeds
    address: Text | None = None
    tax_id: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    bank_account: Text | None = None


class InvoiceLine(ReportModel):
    """One line; `amount` is quantity x unit price when it is not given, net of tax, in whole cents."""

    description: Name
    quantity: Number = 1
    unit: Text | None = None
    unit_price: Number | None = None
    #: percent: 19 is 19 %; the invoice's `taxRate` when left out
    tax_rate: Number | None = None
    amount: Number | None = None


class InvoiceData(Presented):
    """Data of an invoice."""

    number: Name
    seller: Party
    buyer: Party
    lines: list[InvoiceLine] = Field(min_length=1)
    issue_date: Date | None = None
    due_date: Date | None = None
    #: percent, for lines without their own
    tax_rate: Number | None = None
    #: taken off the net total before tax
    discount: Number | None = None
    #: the buyer's order number or the like
    reference: Text | None = None
    payment_terms: Text | None = None
    notes: Text | None = None


_PARTY_FIELDS = (
    ("Tax ID", "tax_id"),
    ("E-mail", "email"),
    ("Phone", "phone"),
    ("Bank account", "bank_account"),
)


def _blocks(data: InvoiceData) -> Iterator[Block]:
    yield Columns((_party("From", data.seller), _party("To", data.buyer)))
    facts = tuple(_facts(data))
    if facts:
        yield KeyValue(facts, columns=3)
    yield _line_table(data)
    yield Totals(tuple(_totals(data)))
    if data.payment_terms:
        yield Paragraph(data.payment_terms)
    yield from notes(data.notes)
    yield from further_data(data, in_tables=("lines",))


def _party(role: str, party: Party) -> tuple[Block, ...]:
    lines = [party.name, party.address or ""]
    for label, field in _PARTY_FIELDS:
        value = getattr(party, field)
        if value:
            lines.append(f"{label}: {value}")
    return (KeyValue(((role, "\n".join(line for line in lines if line)),), columns=1),)


def _facts(data: InvoiceData) -> Iterator[tuple[str, str]]:
    if data.issue_date:
        yield "Issued", data.formats.date(data.issue_date)
    if data.due_date:
        yield "Due", data.formats.date(data.due_date)
    if data.reference:
        yield "Reference", data.reference


# Money is computed in decimals and rounded half away from zero, so that a reader who adds up what is printed
# comes to the sums that are printed. Enough digits for any numbers that a request can hold.
_PRECISION = 2000


def _decimal(value: Num) -> Decimal:
    return Decimal(value) if isinstance(value, int) else Decimal(repr(value))


def _cents(value: Decimal, currency: str | None) -> Decimal:
    """Rounded to the smallest coin that amounts are printed with."""
    return value.quantize(Decimal(1).scaleb(-currency_digits(currency)), ROUND_HALF_UP)


def _amount(line: InvoiceLine, currency: str | None) -> Decimal:
    """What the line comes to, as it is printed."""
    with localcontext(prec=_PRECISION):
        if line.amount is not None:
            return _cents(_decimal(line.amount), currency)
        return _cents(_decimal(line.quantity) * _decimal(line.unit_price or 0), currency)


def _printed(amount: Decimal) -> Num:
    """As the engine takes it; digits beyond a float's are kept by an integer."""
    return int(amount) if amount == int(amount) else float(amount)


def _rate(line: InvoiceLine, data: InvoiceData) -> Num:
    return (data.tax_rate or 0) if line.tax_rate is None else line.tax_rate


def _line_table(data: InvoiceData) -> Table:
    extra = extra_columns(data.lines)
    columns = (
        Column("Description", "text"),
        Column("Quantity", "text", align="right"),
        Column("Unit", "text"),
        Column(
            "Unit price",
            "currency",
            currency=data.currency,
            decimals=price_decimals((line.unit_price for line in data.lines), data.currency),
        ),
        Column("Tax", "text", align="right"),
        Column("Amount", "currency", currency=data.currency),
        *(Column(key) for key in extra),
    )
    rows = [
        [
            *(line.description, data.formats.number(line.quantity), line.unit, line.unit_price),
            data.formats.percentage(_rate(line, data)),
            _printed(_amount(line, data.currency)),
            *extra_values(line, extra),
        ]
        for line in data.lines
    ]
    return filled_table(columns, rows, "No lines.")


def _totals(data: InvoiceData) -> Iterator[tuple[str, str]]:
    """Net, discount, tax by rate (of the discounted net), and the sum of the amounts as printed."""
    for label, amount in _sums(data):
        yield label, data.formats.money(_printed(amount), data.currency)


def _sums(data: InvoiceData) -> list[tuple[str, Decimal]]:
    with localcontext(prec=_PRECISION):
        by_rate: dict[Num, Decimal] = {}
        for line in data.lines:
            rate = _rate(line, data)
            by_rate[rate] = by_rate.get(rate, Decimal(0)) + _amount(line, data.currency)
        net = sum(by_rate.values(), Decimal(0))
        discount = _cents(_decimal(data.discount or 0), data.currency)
        due = net - discount
        found = [("Net", net)]
        if discount:
            found.append(("Discount", -discount))
        for rate in sorted(by_rate.keys() - {0}):
            taxed = by_rate[rate] * (net - discount) / net if net else by_rate[rate]
            tax = _cents(taxed * _decimal(rate) / 100, data.currency)
            due += tax
            found.append((f"Tax {data.formats.percentage(rate)}", tax))
        return [*found, ("Amount due", due)]


REPORT = ReportType(
    name="invoice",
    title="Invoice",
    description="An invoice: seller, buyer, lines, tax by rate, and the amount due.",
    model=InvoiceData,
    example={
        "number": "2026-0917",
        "issueDate": "2026-09-30",
        "dueDate": "2026-10-14",
        "currency": "EUR",
        "taxRate": 19,
        "reference": "PO 4471",
        "seller": {
            "name": "Nordlicht Möbel GmbH",
            "address": "Hafenstraße 12\n20457 Hamburg\nGermany",
            "taxId": "DE 811 234 567",
            "email": "billing@nordlicht.example",
            "bankAccount": "DE02 1203 0000 0000 2020 51",
        },
        "buyer": {"name": "Atelier Lumière SARL", "address": "8 rue des Carmes\n75005 Paris\nFrance"},
        "lines": [
            {
                "description": "Oak standing desk, 160 × 80 cm",
                "quantity": 4,
                "unit": "pc",
                "unitPrice": 749.5,
            },
            {
                "description": "Meridian office chair, charcoal, with headrest",
                "quantity": 4,
                "unit": "pc",
                "unitPrice": 429,
            },
            {"description": "Delivery and assembly", "quantity": 6.5, "unit": "h", "unitPrice": 58},
            {
                "description": "Handbook on ergonomic workplaces",
                "quantity": 4,
                "unit": "pc",
                "unitPrice": 18.5,
                "taxRate": 7,
            },
        ],
        "paymentTerms": "Payable within 14 days without deduction.",
        "notes": "Thank you for your order.",
    },
    blocks=_blocks,
    subtitle=lambda data: f"No. {data.number}",
    rows="lines",
)
