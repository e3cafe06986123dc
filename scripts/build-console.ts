// Builds the console into packages/console/dist when it is absent or older than its sources; `--force` builds it in any case.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const sources = [
  'packages/console/src',
  'packages/console/public',
  'packages/console/index.html',
  'packages/console/package.json',
  'packages/console/vite.config.ts',
  'packages/contract/src',
];
const product = new URL('packages/console/dist/index.html', root);

if (process.argv.includes('--force') || !isFresh()) {
  const vite = fileURLToPath(new URL('node_modules/vite/bin/vite.js', root));
  if (!existsSync(vite)) {
    process.stderr.write('The console is not built, and vite, which builds it, is not installed.\n  Run `npm ci`.\n');
    process.exit(1);
  }
  process.stderr.write('Building the console …\n');
  const result = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: fileURLToPath(new URL('packages/console', root)),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.exitCode = result.status ?? 1;
}

function isFresh(): boolean {
  return existsSync(product) && newest(sources.map((path) => new URL(path, root))) <= statSync(product).mtimeMs;
}

/** Latest change of any file at or below the places, in milliseconds since 1970. */
function newest(places: readonly URL[]): number {
  return Math.max(
    0,
    ...places
      .filter((place) => existsSync(place))
      .map((place) => {
        const facts = statSync(place);
        if (!facts.isDirectory()) return facts.mtimeMs;
        const below = readdirSync(place).map(
          (name) => new URL(`${place.href.replace(/\/?$/, '/')}${encodeURIComponent(name)}`),
        );
        return Math.max(facts.mtimeMs, newest(below));
      }),
  );
}
