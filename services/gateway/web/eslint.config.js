/* Rules for the page, its build and its tests (also tests/e2e).  Prettier decides about form. */
import js from '@eslint/js';
import globals from 'globals';

const LIMITS = {
    'max-len': ['error', { code: 100, ignoreUrls: true }],
    'max-lines-per-function': ['error', { max: 120 }],
    'max-depth': ['error', 3],
};

const RULES = {
    eqeqeq: 'error',
    'no-console': ['error', { allow: ['error'] }],
    'no-implicit-coercion': 'error',
    'no-shadow': 'error',
    'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    'no-use-before-define': ['error', { functions: false, variables: false }],
    'no-var': 'error',
    'prefer-const': 'error',
    'no-restricted-syntax': [
        'error',
        {
            selector: 'AssignmentExpression[left.property.name="innerHTML"]',
            message: 'Use sanitize.',
        },
    ],
};

export default [
    { ignores: ['**/dist/', '**/node_modules/'] },
    js.configs.recommended,
    { rules: { ...RULES, ...LIMITS }, linterOptions: { reportUnusedDisableDirectives: 'error' } },
    { files: ['**/src/**'], languageOptions: { globals: globals.browser } },
    {
        files: ['**/web/*.js', '**/lint/**', '**/test/**'],
        languageOptions: { globals: globals.node },
    },
    {
        files: ['**/e2e/**'] /* Node.js, with functions that run in the browser */,
        languageOptions: { globals: { ...globals.node, ...globals.browser } },
        rules: { 'no-console': 'off' },
    },
    { files: ['**/ui/icons.js'], rules: { 'no-restricted-syntax': 'off' } } /* our own SVG files */,
];
