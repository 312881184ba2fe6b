import { defineMessages } from '../define-messages.ts';

/** Words of the controls and plots of adapter nodes. */
export const adapterMessages = defineMessages({
  en: {
    'levels.layer': 'Layer {index}',
    'levels.value': 'layer {index}: {value}',
    'levels.norm': 'changes {percent} %',
    'bars.label': 'How much each block is changed; most: {label}, {percent} %',
    'bars.value': '{label}: {percent} %',
    'notices.more': '… and one more in the help | … and {count} more in the help',
    'report.label': 'Report of {name}',
    'widget.no-targets': 'Connect a picture first; then the inputs that lead to it are listed here.',
    'widget.target-missing': 'No node that leads here has this input.',
  },
  zh: {
    'levels.layer': '第 {index} 层',
    'levels.value': '第 {index} 层：{value}',
    'levels.norm': '改动 {percent} %',
    'bars.label': '每一块的改动量；最大：{label}，{percent} %',
    'bars.value': '{label}：{percent} %',
    'notices.more': '……帮助中还有 {count} 条',
    'report.label': '“{name}”的报告',
    'widget.no-targets': '请先接上图像，之后这里会列出通向它的输入。',
    'widget.target-missing': '通向此处的节点都没有这个输入。',
  },
});
