import { defineMessages } from '../define-messages.ts';

/** Words that only the desktop app needs. */
export const desktopMessages = defineMessages({
  en: {
    'desktop.recent': 'Open recent',
    'desktop.recent-clear': 'Clear this list',
    'cmd.file.reveal': 'Show file in its folder',
    'cmd.node.reveal': 'Show picture in its folder',
  },
  zh: {
    'desktop.recent': '最近打开',
    'desktop.recent-clear': '清除列表',
    'cmd.file.reveal': '在文件夹中显示文件',
    'cmd.node.reveal': '在文件夹中显示图片',
  },
});
