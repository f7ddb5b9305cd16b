// arg: axe's selector of a frame's element; the element itself.
return axe.utils.shadowSelect(arg);
