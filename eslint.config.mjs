import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { roomRules } from './scripts/rooms.mjs';

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'models/training/**', 'src/onnx/generated/**', '**/.cache/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always'],
    },
  },
  ...roomRules(),
  {
    files: ['test/**/*.ts'],
    rules: {
      // node:test's describe/it return promises that the runner itself awaits.
      '@typescript-eslint/no-floating-promises': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        module: 'readonly',
        require: 'readonly',
        __dirname: 'readonly',
      },
    },
  },
  {
    // bodies of function nodes
    files: ['scripts/dashboard/functions/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      parserOptions: { ecmaFeatures: { globalReturn: true } },
      globals: { msg: 'readonly', context: 'readonly', Buffer: 'readonly' },
    },
  },
);
