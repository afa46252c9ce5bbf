// A `vms-cache dev` of the tests' own, over a copy of the sample that can be spoiled.
"use strict";

const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

/** Starts one; it has refreshed everything once when this returns. */
const start = async (program) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vms-cache-browser-"));
  const source = path.join(folder, "vms.db");
  const data = path.join(folder, "data");
  execFileSync(program, ["sample", "--seed", "7", "--scale", "small", "--out", source], { stdio: "ignore" });
  const child = spawn(program, ["dev", "--port", "0", "--source", source, "--data", data], {
    env: { HOME: "/nonexistent", PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  await new Promise((resolve, reject) => {
    child.stdout.on("data", (bytes) => {
      said += bytes;
      if (said.includes("Stop with Ctrl-C.")) {
        resolve();
      }
    });
    child.on("exit", () => reject(new Error(`dev ended: ${said}`)));
  });
  const connection = JSON.parse(fs.readFileSync(path.join(data, "connection.json"), "utf8"));
  return {
    url: connection.url,
    operator: connection.operator_key,
    reader: connection.reader_key,

    /** Takes most rows of the tables that tell who took part, as a broken export would. */
    loseRows: () => {
      const lose = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); "
        + "db.execute('DELETE FROM event_participation WHERE id % 20 <> 0'); db.commit()";
      execFileSync("python3", ["-c", lose, source]);
    },

    stop: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.removeAllListeners("exit");
      child.once("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
      child.kill("SIGINT");
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
      child.kill("SIGKILL");
    },
  };
};

module.exports = { start };
