import '@fontsource-variable/ibm-plex-sans/wght.css'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'

import { createPinia } from 'pinia'
import { createApp } from 'vue'

// Before the house's styles, which must come after those of Element Plus's components.
import App from './App.vue'

import './styles/tokens.css'
import './styles/base.css'
import './styles/element.css'

createApp(App).use(createPinia()).mount('#app')
