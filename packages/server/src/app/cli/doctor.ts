import { systemClock } from '../../kernel/mod.ts';
import { loadConfig, formatFaults } from '../config.ts';
import type { CommandContext, SettingFlags } from './context.ts';
import { checkClock, checkDisk, checkNode, checkSync, checkWritable } from './doctor-machine.ts';
import { checkPort, checkServer } from './doctor-network.ts';
import { checkLog, checkRegistry, checkTokens } from './doctor-data.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import type { Check, Finding } from './finding.ts';

/** `belfry doctor`: looks for the usual causes of trouble without changing anything that is there. 0 unless a check fails. */
export async function doctor(context: CommandContext, given: SettingFlags, asJson: boolean): Promise<ExitCode> {
  const { environment, directory } = context;
  const outcome = await loadConfig({ environment, directory, ...given });
  const findings: Finding[] = [];
  const note = (finding: Finding): void => {
    findings.push(finding);
    if (!asJson) context.out(shown(finding));
  };
  note(checkNode(process.version));
  if (outcome.kind === 'faults') {
    note({
      name: 'configuration',
      grade: 'fail',
      words: 'cannot be used',
      remedy: formatFaults(outcome.faults).trimEnd(),
    });
  } else {
    const { config } = outcome;
    const source = config.file ?? 'defaults, environment and flags; no file';
    note({ name: 'configuration', grade: 'ok', words: `good (${source})` });
    const { places } = config;
    const checks: readonly Check[] = [
      () => checkWritable(places.dataDirectory),
      () => checkDisk(places.dataDirectory),
      () => checkSync(places.dataDirectory, systemClock),
      () => checkLog(places.log.path),
      () => checkRegistry(places.registry.path),
      () => checkTokens(places.access, config.access.open, systemClock),
      () => checkClock(places.dataDirectory, systemClock),
      () => checkPort('HTTP port', config.http),
      () => checkPort('MQTT port', config.mqtt),
      () => checkServer(config.http),
    ];
    for (const check of checks) note(await check());
  }
  const failed = findings.filter((finding) => finding.grade === 'fail').length;
  const warned = findings.filter((finding) => finding.grade === 'warn').length;
  if (asJson) context.out(`${JSON.stringify({ failed, warned, findings }, undefined, 2)}\n`);
  else
    context.out(
      `\n${failed === 0 ? 'Nothing stands in the way' : `${failed} failed`}${warned === 0 ? '' : `, ${warned} to look at`}.\n`,
    );
  return failed === 0 ? exitCodes.ok : outcome.kind === 'faults' ? exitCodes.usage : exitCodes.failed;
}

function shown(finding: Finding): string {
  const remedy = finding.remedy === undefined ? '' : `${finding.remedy.replaceAll(/^/gm, '        ')}\n`;
  return `${finding.grade.padEnd(6)}${finding.name}: ${finding.words}\n${remedy}`;
}
