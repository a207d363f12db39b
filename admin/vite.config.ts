import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The API answers a development server's page through the proxy:
// RECUEIL_API=http://127.0.0.1:8080 npm run dev
export default defineConfig({
  base: '/admin/',
  plugins: [react()],
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
