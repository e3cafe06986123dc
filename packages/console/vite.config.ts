import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** The console is served under /console/ by the same process as the API, and asks no other origin for anything. */
export default defineConfig({
  base: '/console/',
  plugins: [react()],
  build: {
    target: 'es2022',
    // MapLibre is a megabyte by itself; it is loaded only by the page that shows a map.
    chunkSizeWarningLimit: 1400,
    // A data: font or script would need a wider policy than the one that the server sends.
    assetsInlineLimit: 0,
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
