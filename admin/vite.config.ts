import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/**
 * The styles of those components of Mantine that are used, each where it is
 * first used: the whole style sheet is more than the rest of a list's styles.
 */
const stylesOfComponents: Plugin = {
  name: 'styles-of-components',
  transform(code, id) {
    const name = /@mantine\/core\/esm\/.*\/(\w+)\.module\.mjs$/.exec(id)?.[1];
    return name && { code: `import '@mantine/core/styles/${name}.layer.css';\n${code}`, map: null };
  },
};

// The API answers a development server's page through the proxy:
// RECUEIL_API=http://127.0.0.1:8080 npm run dev
export default defineConfig({
  base: '/admin/',
  plugins: [react(), stylesOfComponents],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    manifest: 'manifest.json', // what the test of the first load reads
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    assetsInlineLimit: 0,
  },
  server: {
    proxy: { '/api': { target: process.env.RECUEIL_API ?? 'http://127.0.0.1:8080', changeOrigin: false } },
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], testTimeout: 60_000 },
});
