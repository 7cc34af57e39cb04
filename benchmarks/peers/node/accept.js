// PORT REDIS_URL: Express that puts each body into a BullMQ queue, as the stack does that Pressroom is a port of.
import express from "express";
import { Queue } from "bullmq";
import IORedis from "ioredis";

const [port, url] = process.argv.slice(2);
const queue = new Queue("reports", { connection: new IORedis(url, { maxRetriesPerRequest: null }) });
const app = express();
app.disable("x-powered-by");
app.use(express.json({ limit: "5mb" }));
app.post("/api/v1/reports/generate", async (request, response) => {
  const job = await queue.add("generate-report", request.body);
  response.status(202).json({ success: true, message: "Report job created", data: { jobId: job.id } });
});
app.get("/ready", (_request, response) => response.json({ ready: true }));
app.listen(Number(port), "127.0.0.1");
