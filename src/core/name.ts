/** Whether `text` is a name as targets, heartbeats, groups and components have them: letters, digits, `_`, `-` and `.` (not first), at most 128. */
export const isName = (text: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text);
