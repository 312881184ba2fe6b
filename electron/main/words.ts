/** What the main process says itself, before there is a page or beside it. */
const tables = {
  en: {
    workflow: 'Kronode workflow',
    picture: 'Picture with a workflow',
    unsavedOne: 'Save the changes to “{name}”?',
    unsavedMany: 'Save the changes to {count} workflows?',
    unsavedDetail: 'They are lost if you do not save them.',
    save: 'Save',
    discard: 'Don’t save',
    cancel: 'Cancel',
    noRecent: 'No recent workflows',
    fullScreen: 'Full screen',
    quit: 'Quit Kronode',
    cannotStart: 'Kronode cannot start',
    keepsCrashing: 'Kronode’s window keeps crashing',
    keepsCrashingDetail: 'What you had open is kept, and comes back with the next start.',
  },
  zh: {
    workflow: 'Kronode 工作流',
    picture: '带有工作流的图片',
    unsavedOne: '要保存对“{name}”的更改吗？',
    unsavedMany: '要保存对 {count} 个工作流的更改吗？',
    unsavedDetail: '如果不保存，这些更改将会丢失。',
    save: '保存',
    discard: '不保存',
    cancel: '取消',
    noRecent: '没有最近的工作流',
    fullScreen: '全屏',
    quit: '退出 Kronode',
    cannotStart: 'Kronode 无法启动',
    keepsCrashing: 'Kronode 的窗口反复崩溃',
    keepsCrashingDetail: '打开的内容已保留，下次启动时会恢复。',
  },
} as const;

export type Language = keyof typeof tables;
export type Words = { readonly [K in keyof (typeof tables)['en']]: string };

export const wordsOf = (language: Language): Words => tables[language];
