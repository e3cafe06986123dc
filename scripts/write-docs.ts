// Writes the pages that follow from the code: docs/errors.md, docs/configuration.md and the picture in ARCHITECTURE.md.
import { writeFileSync } from 'node:fs';
import { generatedPages } from './pages.ts';

for (const page of generatedPages()) {
  writeFileSync(new URL(`../${page.path}`, import.meta.url), page.text);
  process.stdout.write(`wrote ${page.path}\n`);
}
