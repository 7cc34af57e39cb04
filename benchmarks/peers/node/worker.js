// KIND REDIS_URL FOLDER: a BullMQ worker that makes each job's PDF by KIND: pdfkit, chromium, or noop for none.
import { Worker } from "bullmq";
import IORedis from "ioredis";

const [kind, url, folder] = process.argv.slice(2);
const { render } = await import(`./${kind}.js`);
const worker = new Worker(
  "reports",
  async (job) => {
    await render(job.data, `${folder}/${job.id}.pdf`);
    return { success: true, fileName: `${job.id}.pdf` };
  },
  { connection: new IORedis(url, { maxRetriesPerRequest: null }), concurrency: 1 },
);
worker.on("error", (error) => console.error(error));
