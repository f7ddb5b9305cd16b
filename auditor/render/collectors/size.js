const root = document.documentElement;
return [Math.round(Math.max(root.scrollWidth, root.clientWidth)), Math.round(Math.max(root.scrollHeight, root.clientHeight, 1))];
