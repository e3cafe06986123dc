export { type Frame, type Log, type LogReader } from './log.ts';
export { openFileLog } from './file/open-file-log.ts';
export { type Disk, type DiskFile } from './file/disk.ts';
