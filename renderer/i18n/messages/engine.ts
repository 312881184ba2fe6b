/**
 * What the engine says, in Chinese: the English sentence as the key, with a place for each value. `{title}` is
 * the title of a node, `{input}` a name of an input, `{socket}` what flows along wires, `{kind}` a kind of
 * file or a part of a model, `{names}` a list; these are translated. `{said}` is a sentence or part of one of its own, listed here too. All else is
 * handed on as it is. A digit tells two of a kind apart.
 */
export const engineSentences: Readonly<Record<string, string>> = {
  // What stands in the way of a run.
  '“{title}” needs a value at {input}.': '“{title}”的“{input}”还没有值。',
  '“{title}” needs {socket} at {input}.': '“{title}”的“{input}”需要连接{socket}。',
  'Connect something to {input}.': '给“{input}”连上一根线。',
  'The wire into {input} of “{title}” carries nothing ({from}).':
    '连到“{title}”的“{input}”的线没有内容（{from}）。',
  'Remove the wire or connect it again.': '删除这根线，或重新连接。',
  '{input} of “{title}” takes {socket}, the wire carries {socket2}.':
    '“{title}”的“{input}”接收{socket}，这根线传来的是{socket2}。',
  'Connect an output of the right type.': '请连接类型相符的输出。',
  '{input} of “{title}” {said}.': '“{title}”的“{input}”{said}。',
  'Change the value on the node.': '在节点上更改这个值。',
  '{input} of “{title}” got a value it cannot take: {said}.':
    '“{title}”的“{input}”收到了无法使用的值：{said}。',
  'Change what is wired to {input}.': '更改连到“{input}”的内容。',
  '“{title}” has no input {name}; its value is ignored.': '“{title}”没有输入“{name}”，其值被忽略。',
  '“{title}” holds values for version {version} of the node, this Kronode has {own}.':
    '“{title}”的值属于该节点的第 {version} 版，此 Kronode 中是第 {own} 版。',
  'Update Kronode to run it.': '更新 Kronode 后即可运行。',
  'Replace the node.': '请替换这个节点。',
  '“{title}” ({id}) is muted.': '“{title}”（{id}）已静音。',
  '“{title}” ({id}) is left out: it needs “{title2}” ({id2}), which is muted.':
    '“{title}”（{id}）不参与运行：它需要的“{title2}”（{id2}）已静音。',
  'Switch “{title}” ({id}) on to run it.': '取消“{title}”（{id}）的静音即可运行。',
  'There is no node type “{type}”.': '没有“{type}”这种节点。',
  'Update Kronode, replace the node, or mute it.': '请更新 Kronode，或替换、静音这个节点。',
  'Its values and wires are kept. Update Kronode, or replace the node.':
    '它的值和连线都已保留。请更新 Kronode，或替换这个节点。',
  'The subgraph “{name}” is not in this workflow.': '此工作流中没有子图“{name}”。',
  'These nodes feed each other in a loop: {ids}.': '这些节点首尾相连成环：{ids}。',
  'Remove one of the wires between them.': '请删除其中一根线。',
  'Nothing in this workflow shows or saves a picture.': '此工作流没有显示或保存图片的节点。',
  'Add a Preview or Save image node, or switch a muted one on.':
    '请添加“预览图像”或“保存图像”节点，或取消已静音的那个。',
  'A second wire into {input} of {id} was removed: an input takes one.':
    '已移除连到 {id} 的“{input}”的第二根线：一个输入只接一根线。',
  'The wire from {from} to {to} was removed: there is no node {id}.':
    '已移除从 {from} 到 {to} 的线：没有节点 {id}。',
  '{said} (and {count} more problem)': '{said}（另有 {count} 个问题）',
  '{said} (and {count} more problems)': '{said}（另有 {count} 个问题）',

  // What is wrong with a value.
  'cannot be {value}: {said}': '不能是 {value}：{said}',
  'expected a number from {min} to {max}': '应为 {min} 到 {max} 之间的数',
  'expected a whole number': '应为整数',
  'expected a whole number from {min} to {max}': '应为 {min} 到 {max} 之间的整数',
  'expected a text': '应为文本',
  'expected at most {count} characters': '最多 {count} 个字符',
  'expected at most {count} numbers': '最多 {count} 个数',
  'expected at most {count} rows': '最多 {count} 行',
  'expected 1 to {count} seeds': '应有 1 到 {count} 个种子',
  'expected 1 to {count} points': '应有 1 到 {count} 个点',
  'expected a list of numbers': '应为一组数',
  'expected a list of seeds': '应为一组种子',
  'expected a list of points': '应为一组点',
  'expected a list of rows': '应为一组行',
  'expected points from left to right': '点应从左到右排列',
  'expected yes or no': '应为是或否',
  'expected one of {values}': '应为其中之一：{values}',
  'no file is chosen': '没有选择文件',
  '{said} (item {item})': '{said}（第 {item} 项）',
  '{said} (item {item}, {input})': '{said}（第 {item} 项的“{input}”）',

  // Sweeps.
  '“{title}”: nothing is chosen to vary.': '“{title}”：还没有选择要变化的输入。',
  'Choose an input of the graph.': '请选择图中的一个输入。',
  '“{title}”: there is no node {id}.': '“{title}”：没有节点 {id}。',
  '“{title}”: “{name}” is no value that can be varied.': '“{title}”：“{name}”不是可以变化的值。',
  'Choose another input to vary.': '请选择另一个输入。',
  '“{title}”: There are no values to try.': '“{title}”：没有可以尝试的值。',
  '“{title}”: More than {count} values are too many for one side.': '“{title}”：一边最多 {count} 个值。',
  '“{title}”: {target} cannot be “{value}”: {said}.': '“{title}”：{target} 不能是“{value}”：{said}。',
  'Write 1 to {count} values that fit.': '请写 1 到 {count} 个合适的值。',
  '“{title}”: {count} pictures are more than the {most} one sweep may make.':
    '“{title}”：{count} 张图超过一次扫描的上限 {most} 张。',
  'Try fewer values.': '请减少取值。',
  '“{title}” lies inside another sweep.': '“{title}”位于另一个扫描之中。',
  'Give the outer sweep a picture that is made without the inner one.': '外层扫描的图像不能由内层扫描得出。',
  '{target} has no part in the picture this sweep is given.': '{target} 与此扫描的图像无关。',
  'Vary an input of a node that leads to it.': '请选择通向该图像的节点的输入。',

  // Files of models.
  'There is no {kind} “{name}” in the model folders.': '模型文件夹中没有{kind}“{name}”。',
  'There is no {kind} "{name}" in the model folders.': '模型文件夹中没有{kind}“{name}”。',
  'Put the file there, register its folder, or choose one of: {names}.':
    '请把文件放进去、添加它所在的文件夹，或从这些中选择：{names}。',
  'The model folders hold no {kind}; put one there or register another folder.':
    '模型文件夹中没有{kind}；请放入一个，或添加其他文件夹。',
  'No model is chosen.': '没有选择模型。',
  'Choose one on the node.': '请在节点上选择。',
  '{file} does not fit this model: {said}.': '{file} 与此模型不符：{said}。',
  'It was made for another model; choose an adapter for this one.':
    '它是为其他模型制作的，请选择适合此模型的适配器。',
  'none of its {count} tensors names a layer of it: {names}':
    '它的 {count} 个张量都不对应此模型的层：{names}',
  '{file} is no adapter: none of its {count} tensors is a factor of a LoKr, LoRA or LoHa.':
    '{file} 不是适配器：它的 {count} 个张量都不是 LoKr、LoRA 或 LoHa 的因子。',
  'Choose an adapter file; whole models go into the model loader.':
    '请选择适配器文件；完整模型请用“加载模型”。',

  '{count} of its {total} tensors name no layer of this model and change nothing: {names}.':
    '它的 {total} 个张量中有 {count} 个不对应此模型的任何层，不起作用：{names}。',
  '{names} cannot be used: {said}.': '{names} 无法使用：{said}。',
  '{said}, and {count} more group like it': '{said}，类似的还有 {count} 组',
  '{said}, and {count} more groups like it': '{said}，类似的还有 {count} 组',
  'another tensor is the same under another name': '另有一个张量只是名称不同',
  'it has no factors': '它没有因子',
  '{role} is missing': '缺少 {role}',
  'its rank is 0': '它的秩为 0',
  'its rank is {rank}, more than the {most} that are read': '它的秩为 {rank}，超过可读取的 {most}',
  'factors of {size} and {size2} do not multiply': '{size} 与 {size2} 的因子无法相乘',
  'its factors make {size}, the layer has {size2}': '它的因子组成 {size}，而该层为 {size2}',
  'its dora_scale is {size}, the layer has {size2}': '它的 dora_scale 为 {size}，而该层为 {size2}',
  'its factors are of the type {type}; F32, F16 and BF16 are read':
    '它的因子为 {type} 类型；可读取 F32、F16 和 BF16',
  'Its alpha asks for {scale} times its factors in {names}; alpha may be a placeholder there and the picture break.':
    '在 {names} 中，它的 alpha 要求把因子放大 {scale} 倍；那里的 alpha 可能只是占位值，图片会因此损坏。',
  'Its alpha is 0 in {names}, which are left as they are.':
    '在 {names} 中，它的 alpha 为 0，这些层保持不变。',
  'Its factors hold values above {value} in {names}; the training may have diverged.':
    '在 {names} 中，它的因子含有大于 {value} 的值；训练可能已发散。',
  '{file} is damaged: its tensor {name} holds NaN or infinite values.':
    '{file} 已损坏：张量 {name} 含有 NaN 或无穷大。',
  'The training of this adapter failed or the file was corrupted; use another one.':
    '此适配器训练失败，或文件已损坏；请换用其他适配器。',

  '{file} is not a safetensors file: it is {said}.': '{file} 不是 safetensors 文件：它是{said}。',
  '{file} is {said}, which is not read.': '{file} 是{said}，无法读取。',
  'The folder {folder} holds no .safetensors file; its {file} is {said}, which is not read.':
    '文件夹 {folder} 中没有 .safetensors 文件；其中的 {file} 是{said}，无法读取。',
  'a zip archive, most likely a PyTorch checkpoint (.ckpt, .pt, .pth)':
    '一个 zip 压缩包，很可能是 PyTorch 检查点（.ckpt、.pt、.pth）',
  'a Python pickle (.ckpt, .pt, .bin)': '一个 Python pickle 文件（.ckpt、.pt、.bin）',
  'Use the .safetensors version of the model: pickle files can run programs when they are opened.':
    '请使用此模型的 .safetensors 版本：pickle 文件在打开时可能运行程序。',
  'a GGUF file of quantised weights': '一个量化权重的 GGUF 文件',
  'Use the .safetensors version of the model (bf16 or fp16).':
    '请使用此模型的 .safetensors 版本（bf16 或 fp16）。',
  'a git-lfs pointer, a note in place of the real file': '一个 git-lfs 指针，而不是真正的文件',
  'Run "git lfs pull" in the folder, or download the file itself.':
    '请在该文件夹中运行“git lfs pull”，或下载文件本身。',
  'a web page saved under the name of a model': '一个以模型名称保存的网页',
  'a JSON text': '一段 JSON 文字',
  'Choose the .safetensors file it belongs to.': '请选择它所属的 .safetensors 文件。',
  'a text ({text})': '一段文字（{text}）',
  'filled with zeros: a download that was never finished': '一个未下载完、全为零的文件',
  'Download the file itself; on a model page that is the download button of the file.':
    '请下载文件本身：在模型页面上点击该文件的下载按钮。',
  'Cannot read {file}: {said}.': '无法读取 {file}：{said}。',
  'it does not exist': '它不存在',
  'Check the path; the file may have been moved or renamed.': '请检查路径；文件可能已被移动或改名。',
  'access was refused': '访问被拒绝',
  'Check the permissions of the file.': '请检查文件的权限。',
  '{file} cannot be read: {said}.': '无法读取 {file}：{said}。',
  'it is empty': '它是空的',
  'The file is damaged or was not written as safetensors; download it again or use another one.':
    '文件已损坏，或不是以 safetensors 格式写成；请重新下载或换用其他文件。',
  '{file} is cut off: its tensors need {bytes} bytes ({size}) but it has {bytes2} ({size2}).':
    '{file} 不完整：它的张量需要 {bytes} 字节（{size}），而文件只有 {bytes2} 字节（{size2}）。',
  'The download or copy was not finished; fetch the file again.': '下载或复制没有完成，请重新获取文件。',
  '{count} file of the {total} that {file} lists is missing: {names}.':
    '{file} 列出的 {total} 个文件中缺少 {count} 个：{names}。',
  '{count} files of the {total} that {file} lists are missing: {names}.':
    '{file} 列出的 {total} 个文件中缺少 {count} 个：{names}。',
  'Download the missing files into the same folder.': '请把缺少的文件下载到同一个文件夹。',
  'The folder {folder} holds a model in {count} files without the index that lists them.':
    '文件夹 {folder} 中的模型分为 {count} 个文件，但缺少列出它们的索引。',
  'Download {file} into the same folder.': '请把 {file} 下载到同一个文件夹。',
  'The model folder {folder} has no folder {file}.': '模型文件夹 {folder} 中没有文件夹 {file}。',
  'Download the missing folder, or choose {said} separately.': '请下载缺少的文件夹，或另行选择{said}。',
  'a Z-Image transformer': 'Z-Image 的 transformer 部分',
  'a Qwen3 text encoder': 'Qwen3 文本编码器',
  'a VAE': '自编码器（VAE）',
  '{file} holds {said}, not {said2}.': '{file} 中是{said}，而不是{said2}。',
  'Choose another file here, or use this one where its part is asked for.':
    '请在此选择其他文件，或把它用在需要该部分的地方。',
  '{file} lacks {count} weight: {names}.': '{file} 缺少 {count} 个权重：{names}。',
  '{file} lacks {count} weights: {names}.': '{file} 缺少 {count} 个权重：{names}。',
  'The file is incomplete or of another model; use the original one.':
    '文件不完整或属于其他模型，请使用原始文件。',
  '{file} holds quantised weights (it has {names} beside them) of a kind that is not read.':
    '{file} 中是无法读取的量化权重（旁边有 {names}）。',
  'Use a bf16, fp16 or fp8 version of the model.': '请使用此模型的 bf16、fp16 或 fp8 版本。',
  '{model} brings no part of its own here: {said}': '{model} 自身不带这一部分：{said}',
  'Choose {said} on the node.': '请在节点上选择{said}。',
  'Choose {said} on the node: {names}.': '请在节点上选择{said}：{names}。',
  'a text encoder': '文本编码器',
  'an autoencoder (vae)': '自编码器（vae）',
  'The text encoder {file} gives {count} features per token, the model {model} takes {count2}.':
    '文本编码器 {file} 每个词元给出 {count} 个特征，而模型 {model} 需要 {count2} 个。',
  'Use the text encoder that belongs to the model (Qwen3-4B for Z-Image-Turbo).':
    '请使用与模型配套的文本编码器（Z-Image-Turbo 用 Qwen3-4B）。',
  'Use the text encoder that belongs to the model (Qwen3-4B for Z-Image-Turbo): {names}.':
    '请使用与模型配套的文本编码器（Z-Image-Turbo 用 Qwen3-4B）：{names}。',
  'The autoencoder {file} has {count} latent channels, the model {model} has {count2}.':
    '自编码器 {file} 有 {count} 个潜图通道，而模型 {model} 有 {count2} 个。',
  'Use the autoencoder that belongs to the model.': '请使用与模型配套的自编码器。',
  'Use the autoencoder that belongs to the model: {names}.': '请使用与模型配套的自编码器：{names}。',
  'The text encoder {file} comes without a tokenizer, and no folder of models holds one with its {count} tokens.':
    '文本编码器 {file} 没有附带分词器，模型文件夹中也没有词表为 {count} 的分词器。',
  'Put the folder “tokenizer” of Z-Image-Turbo or Qwen3-4B beside it: tokenizer.json, or vocab.json and merges.txt.':
    '请把 Z-Image-Turbo 或 Qwen3-4B 的“tokenizer”文件夹放在它旁边：tokenizer.json，或 vocab.json 和 merges.txt。',
  'This ONNX transformer makes pictures of {size} only, not of {size2}.':
    '这个 ONNX transformer 只生成 {size} 的图片，不能生成 {size2}。',
  'Set that size, or use an export for any size.': '请设为该尺寸，或使用支持任意尺寸的导出。',
  'This ONNX transformer takes prompts of {count} tokens only, and this one has {count2} as it is fed.':
    '这个 ONNX transformer 只接受 {count} 个词元的提示词，而输入的是 {count2} 个。',
  'Write a prompt of another length, or use an export for any length.':
    '请改写提示词的长度，或使用支持任意长度的导出。',
  'This ONNX text encoder takes prompts of up to {count} tokens, and this one has {count2}.':
    '这个 ONNX 文本编码器最多接受 {count} 个词元的提示词，而这条有 {count2} 个。',
  'Write a shorter prompt, or use an export for any length.': '请缩短提示词，或使用支持任意长度的导出。',
  'it was not made for this size of picture or length of prompt': '它不支持这个图片尺寸或提示词长度',
  'An ONNX export may be made for one size only: set that one, or use another export.':
    'ONNX 导出可能只支持一种尺寸：请设为该尺寸，或使用其他导出。',

  // Precision and memory.
  '{kind} in {precision}, {bytes} in memory: {said}.':
    '{kind}：{precision}，占用内存 {bytes}，原因：{said}。',
  chosen: '手动选择',
  'chosen, though {said}': '手动选择，但{said}',
  'it is small': '它很小',
  'it fits as float32': '以 float32 放得下',
  'it fits as it is': '按原样放得下',
  'it fits in half precision': '以半精度放得下',
  'it does not fit the GPU unquantised': '未量化时显存放不下',
  'it does not fit the GPU in more bits': '更多位数时显存放不下',
  'this GPU computes in float32 only': '此显卡只能以 float32 计算',
  'this GPU widens it to float32': '此显卡会把它展开为 float32',
  'its weights stay in their file and are widened while it runs': '权重留在文件中，运行时再展开',
  'its file is larger than what this machine can keep at hand': '文件大于本机可随时取用的内存',
  'a ready-made graph stays as it was exported': '现成的计算图保持导出时的样子',
  'Needs {need} of {budget}; {said}.': '需要 {need}（共 {budget}）；{said}。',
  'Needs {need}, of which there are {budget}: it may fail or take very long.':
    '需要 {need}，而只有 {budget}：可能失败，或耗时很久。',
  'everything stays in memory': '全部留在内存中',
  'the text encoder will be loaded again for each new prompt': '每次更换提示词都会重新加载文本编码器',
  'each part of the model will be loaded again when its turn comes': '模型各部分轮到时再重新加载',
  '{said}; weights will be read from disk at every step': '{said}；每一步都会从磁盘读取权重',
  'To make it fit, {said}.': '要放得下，可以{said}。',
  '{said}, or {said2}': '{said}，或{said2}',
  'choose the precision {precision} on the Load model node': '在“加载模型”节点上把精度选为 {precision}',
  'make single pictures of {size}': '每次只生成一张 {size} 的图片',
  'Run it on a machine with more memory.': '请在内存更大的机器上运行。',

  // While it runs.
  'Guidance {value} needs a negative prompt.': '引导强度为 {value} 时需要反向提示词。',
  'Connect an Encode prompt (its text may be empty) to negative, or set guidance to 1.':
    '请把“编码提示词”（可以为空）连到“反向”，或把引导强度设为 1。',
  '{name} holds {count} prompts, but the latent holds {batch} pictures.':
    '“{name}”有 {count} 条提示词，而潜图有 {batch} 张图片。',
  'Set the batch of the latent to {count}, or use one prompt.':
    '请把潜图的批量设为 {count}，或只用一条提示词。',
  'There are {count} seeds for {batch} pictures.': '有 {count} 个种子，而图片有 {batch} 张。',
  'Set the batch of the latent to {count}, or use one seed.': '请把潜图的批量设为 {count}，或只用一个种子。',
  '{count} pictures of {size} at once are too many.': '一次生成 {count} 张 {size} 的图片太多了。',
  'Make them smaller, or fewer at once.': '请减小尺寸，或减少每次的张数。',
  'The {part} failed: {said}.': '{part} 运行失败：{said}。',
  'The {part} could not be loaded on {provider}: {said}.': '{part} 无法在 {provider} 上加载：{said}。',
  'there is not enough memory': '内存不足',
  'Use a smaller size or batch, or close other programs.': '请减小尺寸或批量，或关闭其他程序。',
  'this GPU cannot compute in half precision': '此显卡不支持半精度计算',
  'Choose another provider.': '请选择其他运行设备。',
  'The run was cancelled.': '运行已取消。',
  'The engine stopped while “{title}” ran: {said}.': '引擎在运行“{title}”时停止：{said}。',
  'The engine stopped: {said}.': '引擎已停止：{said}。',
  'its line broke': '连接中断',
  'It was started again; the workflow and the waiting jobs are untouched. If it happens again, use a smaller size or another provider.':
    '引擎已重新启动，工作流和等待中的任务没有受影响。如果再次发生，请减小尺寸或换用其他运行设备。',
  '{tiles} tiles, {percent} % extra work.': '{tiles} 个分块，额外计算 {percent}%。',
  'The prompt is {count} token too long; its end was left out: “{text}…”':
    '提示词超出 {count} 个词元，末尾已略去：“{text}…”',
  'The prompt is {count} tokens too long; its end was left out: “{text}…”':
    '提示词超出 {count} 个词元，末尾已略去：“{text}…”',

  // The log.
  '“{title}” took {time}: {count} nodes computed, {known} known from before.':
    '“{title}”用时 {time}：计算了 {count} 个节点，{known} 个沿用之前的结果。',
  '“{title}” was cancelled after {time}.': '“{title}”在 {time} 后取消。',
  '“{title}” failed after {time}: {said}': '“{title}”在 {time} 后失败：{said}',

  // What a node had to say, in the log.
  '“{title}” says: {said}': '“{title}”提示：{said}',
  "Network passes: {count}, {time} s each, {all} s in all. Arithmetic alone takes at least {least} s each, {leastOfAll} s in all: {work} TFLOP a pass at {rate} TFLOP/s, the rate of this device's own matrix products.":
    '网络前向 {count} 次，每次 {time} 秒，共 {all} 秒。仅算术每次就至少需要 {least} 秒，共 {leastOfAll} 秒：每次 {work} TFLOP，按本机矩阵乘法实测的 {rate} TFLOP/s 计算。',

  // Opening and downloading.
  'This is no workflow file.': '这不是工作流文件。',
  'This is not valid JSON.': '这不是有效的 JSON。',
  'This is not valid JSON: line {line} cannot be read.': '这不是有效的 JSON：第 {line} 行无法读取。',
  'Save, download or copy it again.': '请重新保存、下载或复制。',
  'This is JSON, but not a Kronode workflow.': '这是 JSON，但不是 Kronode 工作流。',
  'A Kronode workflow has "format": "{format}".': 'Kronode 工作流包含 "format": "{format}"。',
  'Downloads are switched off.': '下载已关闭。',
  'Allow them in the downloads panel.': '请在下载面板中允许下载。',
  'Make room, or register a folder of models on another disk.':
    '请腾出空间，或添加另一块磁盘上的模型文件夹。',
  'The download needs {bytes} and {folder} has {free} free.': '下载需要 {bytes}，而 {folder} 只剩 {free}。',
  'Check the connection and continue; what has come is kept.': '请检查网络后继续；已下载的部分会保留。',
  '{file} cannot be downloaded: {reason}.': '无法下载 {file}：{reason}。',
  'Use another mirror.': '请换用其他镜像。',
};
