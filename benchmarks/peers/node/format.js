// Texts of the sales report, the same in both of its Node renderers.
const money = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat("en-US");

export const columns = ["Product", "SKU", "Category", "Quantity", "Price", "Amount"];

export function rows(data) {
  return data.products.map((item) => [
    item.name, item.sku, item.category, whole.format(item.quantity),
    money.format(item.price), money.format(item.quantity * item.price),
  ]);
}

export function totals(data) {
  const quantity = data.products.reduce((sum, item) => sum + item.quantity, 0);
  const amount = data.products.reduce((sum, item) => sum + item.quantity * item.price, 0);
  return ["Total", "", "", whole.format(quantity), "", money.format(amount)];
}

export function metrics(data) {
  return [
    ["Revenue", money.format(data.revenue)],
    ["Target", money.format(data.target)],
    ["Orders", whole.format(data.orders)],
    ["New customers", whole.format(data.newCustomers)],
  ];
}

export const text = (value) => whole.format(value);
