/** The source manual from 1-1 to 3-5, then letter, pickup and connection test, as a new user would who reads only the pages. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { registration } from "./manual/0-registration.mjs";
import { eligibility } from "./manual/1-eligibility.mjs";
import { certificates } from "./manual/2-certificates.mjs";
import { claims } from "./manual/3-claims.mjs";
import { ownKeyAndRevocation, pickup } from "./manual/closed.mjs";
import { acceptEligibility, approveCertificates, postLetters, receiveLetters } from "./manual/office.mjs";
import { journey, judge } from "./support/index.mjs";

journey("登録から設定完了まで", async (stage) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "madoguchi-journey-"));
  const scene = { ...stage, folder, look: judge(stage), clinic: await stage.person("clinic"), kept: {} };
  try {
    await registration(scene);
    await eligibility(scene);
    await acceptEligibility(scene);
    await certificates(scene);
    await approveCertificates(scene);
    await postLetters(scene);
    await receiveLetters(scene);
    await pickup(scene);
    await ownKeyAndRevocation(scene);
    await claims(scene);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
