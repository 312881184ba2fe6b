/** Colours a person may give to nodes, frames and notes; readable as an edge in both themes. */
export const itemColours = [
  { name: 'red', color: '#d9534f' },
  { name: 'orange', color: '#d98324' },
  { name: 'yellow', color: '#b8950f' },
  { name: 'green', color: '#4c9f50' },
  { name: 'teal', color: '#2f9e98' },
  { name: 'blue', color: '#3d8bd4' },
  { name: 'violet', color: '#7a6fd8' },
  { name: 'pink', color: '#c05fa8' },
] as const;
