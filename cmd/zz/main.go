package main

import ("context";"encoding/json";"os";"gordian/internal/klog";"gordian/internal/model")

func main(){
 p:=os.Args[len(os.Args)-1]
 f,err:=os.Open(p); if err!=nil {panic(err)}
 var facts model.Facts
 if err:=klog.Read(context.Background(), f, 0, &facts); err!=nil {panic(err)}
 e:=json.NewEncoder(os.Stdout); e.SetIndent("","  ")
 e.Encode(map[string]any{"reports":facts.Reports,"stats":facts.Stats})
}
