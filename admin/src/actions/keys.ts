/** The shortcuts of acts that are not on an entry: they are bound where the act is offered, and listed in the help sheet. */
export const createKeys = 'mod+alt+N';

export const editorKeys = { checks: 'mod+alt+C', preview: 'mod+alt+V', history: 'mod+alt+H' };
