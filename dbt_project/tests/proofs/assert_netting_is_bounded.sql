-- Guards res_netting: two halves of eight candidates are 512 sums an entry, each two more double
-- them. And with more payouts to choose from, some choice comes to any amount.
select * from {{ ref("policies") }} where netting_candidates > 16 or netting_window_days < 0
