// The sales report by pdfkit: title, summary, four metrics, two charts, the table with repeated head and totals.
import fs from "node:fs";
import { finished } from "node:stream/promises";
import PDFDocument from "pdfkit";
import { columns, metrics, rows, text, totals } from "./format.js";

const LEFT = 48, RIGHT = 547, BOTTOM = 780, ROW = 17;
const EDGES = [48, 210, 270, 345, 410, 475, 547];

export async function render({ title, data }, target) {
  const doc = new PDFDocument({ size: "A4", margin: 0, bufferPages: true });
  const out = fs.createWriteStream(target);
  doc.pipe(out);
  doc.font("Helvetica-Bold").fontSize(20).text(title, LEFT, 48, { lineBreak: false });
  doc.font("Helvetica").fontSize(10).text(data.period, LEFT, 74, { lineBreak: false });
  doc.text(data.summary, LEFT, 94, { width: RIGHT - LEFT });
  metrics(data).forEach(([name, value], index) => {
    const x = LEFT + index * 126;
    doc.roundedRect(x, 130, 118, 44, 4).fill("#f1f4f8");
    doc.fillColor("#555").fontSize(8).text(name, x + 8, 138, { lineBreak: false });
    doc.fillColor("#111").fontSize(13).text(value, x + 8, 151, { lineBreak: false });
  });
  chart(doc, "By month", data.byMonth, 190);
  chart(doc, "By region", data.byRegion, 330);
  let y = head(doc, 475);
  for (const cells of [...rows(data), totals(data)]) {
    if (y + ROW > BOTTOM) {
      doc.addPage();
      y = head(doc, 48);
    }
    y = line(doc, cells, y);
  }
  doc.fontSize(9).text(data.notes, LEFT, y + 10, { width: RIGHT - LEFT });
  const { count } = doc.bufferedPageRange();
  for (let page = 0; page < count; page += 1) {
    doc.switchToPage(page);
    doc.fontSize(8).text(`Page ${page + 1} of ${count}`, LEFT, 810, { lineBreak: false });
  }
  doc.end();
  await finished(out);
}

function chart(doc, title, points, top) {
  const highest = Math.max(...points.map((point) => point.value));
  const step = (RIGHT - LEFT) / points.length;
  doc.font("Helvetica-Bold").fontSize(12).fillColor("#111").text(title, LEFT, top, { lineBreak: false });
  doc.font("Helvetica").fontSize(8);
  points.forEach((point, index) => {
    const height = (90 * point.value) / highest, x = LEFT + index * step;
    doc.rect(x + 6, top + 115 - height, step - 12, height).fill("#2f6fb5");
    doc.fillColor("#333").text(text(point.value), x + 6, top + 106 - height, { lineBreak: false });
    doc.text(point.label, x + 6, top + 120, { lineBreak: false });
  });
}

function head(doc, y) {
  doc.rect(LEFT, y, RIGHT - LEFT, ROW).fill("#dfe7f1");
  doc.fillColor("#111").font("Helvetica-Bold").fontSize(9);
  cellsAt(doc, columns, y);
  doc.font("Helvetica");
  return y + ROW;
}

function line(doc, cells, y) {
  cellsAt(doc, cells, y);
  doc.moveTo(LEFT, y + ROW).lineTo(RIGHT, y + ROW).lineWidth(0.4).stroke("#cccccc");
  return y + ROW;
}

function cellsAt(doc, cells, y) {
  cells.forEach((cell, index) => {
    const options = { lineBreak: false };
    let x = EDGES[index] + 4;
    if (index > 2) x = EDGES[index + 1] - 4 - doc.widthOfString(cell);
    doc.text(cell, x, y + 4, options);
  });
}
