// A document of blocks by pdfkit: text at given places, without measuring where nothing is right-aligned.
import fs from "node:fs";
import { finished } from "node:stream/promises";
import PDFDocument from "pdfkit";

const WIDTH = 595, HEIGHT = 842, MARGIN = 40, ROW = 15, CHART = 120, PLAIN = { lineBreak: false };
const money = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat("en-US");
const shown = { text: String, whole: (value) => whole.format(value), money: (value) => money.format(value) };

export async function render({ title, blocks }, target) {
  const doc = new PDFDocument({ size: "A4", margin: 0, autoFirstPage: false });
  const out = fs.createWriteStream(target);
  doc.pipe(out);
  let page = 0;
  const at = { y: 0 };
  const turn = () => {
    doc.addPage();
    doc.font("Helvetica").fontSize(8).fillColor("#111").text(`Page ${++page}`, MARGIN, HEIGHT - 30, PLAIN);
    at.y = MARGIN;
  };
  turn();
  heading(doc, at, title);
  for (const block of blocks) {
    const [[kind, content]] = Object.entries(block);
    draw[kind](doc, at, content, turn);
  }
  doc.end();
  await finished(out);
}

function heading(doc, at, text) {
  doc.font("Helvetica-Bold").fontSize(13).fillColor("#111").text(text, MARGIN, at.y, PLAIN);
  at.y += 20;
}

function paragraph(doc, at, text) {
  doc.font("Helvetica").fontSize(10).text(text, MARGIN, at.y, { width: WIDTH - 2 * MARGIN });
  at.y = doc.y + 4;
}

function bars(doc, at, { labels, values }, turn) {
  if (at.y + CHART > HEIGHT - MARGIN) turn();
  const highest = Math.max(...values), step = (WIDTH - 2 * MARGIN) / values.length;
  doc.font("Helvetica").fontSize(7);
  values.forEach((value, index) => {
    const height = ((CHART - 40) * value) / highest, x = MARGIN + index * step + 3;
    doc.rect(x, at.y + CHART - 20 - height, step - 6, height).fill("#2f6fb5");
    doc.fillColor("#333").text(whole.format(value), x, at.y + CHART - 30 - height, PLAIN);
    doc.text(labels[index], x, at.y + CHART - 16, PLAIN);
  });
  at.y += CHART;
}

function table(doc, at, { head, formats, rows }, turn) {
  const width = (WIDTH - 2 * MARGIN) / formats.length;
  const line = (cells, color) => {
    if (color) doc.rect(MARGIN, at.y, WIDTH - 2 * MARGIN, ROW).fill(color).fillColor("#111");
    for (let n = 0; n < cells.length; n += 1) {
      let x = MARGIN + n * width + 2;
      if (formats[n] !== "text") x += width - 5 - doc.widthOfString(cells[n]);
      doc.text(cells[n], x, at.y + 4, PLAIN);
    }
    at.y += ROW;
  };
  const top = () => {
    doc.font("Helvetica-Bold").fontSize(8.5);
    line(head, "#dfe7f1");
    doc.font("Helvetica");
  };
  top();
  rows.forEach((row, number) => {
    if (at.y + ROW > HEIGHT - MARGIN) {
      turn();
      top();
    }
    line(row.map((value, n) => shown[formats[n]](value)), number % 2 ? "#f4f6f9" : null);
  });
}

const draw = { heading, text: paragraph, bars, table };
