import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  base: '/static/',
  plugins: [svelte()],
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2023',
    rollupOptions: { input: 'src/app/main.ts' },
  },
  server: { port: 5173, strictPort: true, origin: 'http://localhost:5173' },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
