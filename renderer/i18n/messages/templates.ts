interface TemplateWords {
  readonly title: string;
  readonly line: string;
}

/**
 * Chinese titles and lines of the workflows that come with Kronode, by file name. English is in the
 * files themselves.
 */
export const templateWords: Readonly<Record<string, TemplateWords>> = {
  'text-to-image': { title: '文生图', line: '一段提示词变成一张图片。改动提示词或种子后再次运行。' },
  'image-to-image': { title: '图生图', line: '草图变成图片：从它的潜空间开始采样，去噪强度小于 1。' },
  'live-strength': {
    title: '实时强度',
    line: '让图片变得光亮的适配器。强度是运行图的输入：移动它时不会重新加载任何东西。',
  },
  'prompt-grid': { title: '提示词网格', line: '每行一个提示词，一起采样，逐一标注。' },
  'seed-variations': { title: '种子变化', line: '一个提示词，九个种子，并排比较，下方标注种子。' },
  'tiled-decode': {
    title: '分块解码',
    line: '按小显存显卡的方式分块解码大图。可在“解码图像”上比较各种分块方式。',
  },
  'adapter-stack': {
    title: '适配器叠加',
    line: '多个适配器列成一列，各有强度，可沿曲线变化，也可按模块调节。运行时全都能调。',
  },
  'strength-sweep': {
    title: '强度扫描',
    line: '同一张图片，五种适配器强度；再把强度与种子排成网格。共同的部分只计算一次。',
  },
  'two-step-turbo': {
    title: '两步加速',
    line: '每一步用不同的模型：这里第一步带适配器，第二步不带。可换成按步训练的模型。',
  },
};
