// MODULE DOCUMENT: renders the document again for each line of the standard input, which names the file to write.
import fs from "node:fs";
import readline from "node:readline";

const [kind, file] = process.argv.slice(2);
const { render } = await import(`./${kind}.js`);
const document = JSON.parse(fs.readFileSync(file));
console.log(JSON.stringify({ ready: true }));
for await (const line of readline.createInterface({ input: process.stdin })) {
  const began = performance.now();
  await render(document, line.trim());
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000 }));
}
process.exit(0);
