{{ merge_movements("clearing") }}
