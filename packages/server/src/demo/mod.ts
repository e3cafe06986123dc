export { type CsvFault } from './beijing-air.ts';
export { replayBeijingAir, type ReplayOptions, type ReplayProgress, type ReplayResult } from './replay.ts';
export { verifyBeijingAir, type VerifyOptions, type VerifyResult } from './verify.ts';
export { startTown, type TownOptions, type TownReport } from './town.ts';
