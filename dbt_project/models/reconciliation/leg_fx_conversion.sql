{{ merge_movements("fx_conversion") }}
