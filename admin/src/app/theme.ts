import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const recueil: MantineColorsTuple = [
  '#eaf7f0', '#d5ebe0', '#a9d7c0', '#7ac29d', '#53b080', '#3aa56d', '#2b9f63', '#1c7a4a', '#0f6a42', '#0b5d3b',
];

// The system's own fonts: nothing to load, and good Arabic everywhere.
const fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans Arabic', 'Noto Naskh Arabic', Tahoma, sans-serif";

// Mantine's orange is too pale at its darkest for small words on white.
const orange: MantineColorsTuple = [
  '#fff4e6', '#ffe8cc', '#ffd8a8', '#ffc078', '#ffa94d', '#ff922b', '#e8590c', '#d9480f', '#bf400d', '#a83a06',
];

// Nor is its red, where the pointer is over a quiet button.
const red: MantineColorsTuple = [
  '#fff5f5', '#ffe3e3', '#ffc9c9', '#ffa8a8', '#ff8787', '#ff6b6b', '#fa5252', '#d12f2f', '#b52424', '#981b1b',
];

// Dialogs stand outside of the page, where a header would count as the page's own.
const dialog = { defaultProps: { attributes: { header: { role: 'presentation' } } } };

export const theme = createTheme({
  primaryColor: 'recueil',
  primaryShade: { light: 8, dark: 7 },
  colors: { recueil, orange, red },
  components: { Modal: dialog, Drawer: dialog },
  fontFamily: fonts,
  headings: { fontFamily: fonts },
  defaultRadius: 'md',
  cursorType: 'pointer',
  autoContrast: true,
  respectReducedMotion: true,
});

// Quiet text that still has the contrast of WCAG AA on every ground of ours.
export const contrast: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#56616b', '--mantine-color-placeholder': '#68737d', '--mantine-color-error': '#b02525' },
  dark: { '--mantine-color-dimmed': '#b3bac1', '--mantine-color-placeholder': '#9aa3ab', '--mantine-color-error': '#ff9d9d' },
});
