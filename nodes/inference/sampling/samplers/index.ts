import type { SamplerName } from '../../../execution/services.ts';
import { ddpm, dpm2Ancestral, dpmpp2sAncestral, euler, eulerAncestral, lcm } from './euler.ts';
import { dpm2, heun, heunpp2 } from './heun.ts';
import {
  deis,
  dpmpp2m,
  gradientEstimation,
  ipndm,
  ipndmV,
  lms,
  resMultistep,
  resMultistepAncestral,
} from './multistep.ts';
import type { Sampler } from './sampler.ts';
import { erSde, expHeun2X0, saSolver, seeds2 } from './stochastic.ts';
import { uniPc, uniPcBh2 } from './uni-pc.ts';

/** Every sampler by its ComfyUI name. DDIM is Euler for flow models. */
export const samplers: Readonly<Record<SamplerName, Sampler>> = {
  euler,
  euler_ancestral: eulerAncestral,
  heun,
  heunpp2,
  dpm_2: dpm2,
  dpm_2_ancestral: dpm2Ancestral,
  lms,
  ipndm,
  ipndm_v: ipndmV,
  deis,
  dpmpp_2m: dpmpp2m,
  dpmpp_2s_ancestral: dpmpp2sAncestral,
  res_multistep: resMultistep,
  res_multistep_ancestral: resMultistepAncestral,
  gradient_estimation: gradientEstimation,
  er_sde: erSde,
  exp_heun_2_x0: expHeun2X0,
  seeds_2: seeds2,
  sa_solver: saSolver,
  uni_pc: uniPc,
  uni_pc_bh2: uniPcBh2,
  ddim: euler,
  ddpm,
  lcm,
};
