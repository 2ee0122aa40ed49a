namespace MirrorTools.Engine.SyncCache.Members;

/// <summary>What a node of a synchronous pair is in the newest generation it knows (S-16).</summary>
public enum SyncRole : byte
{
    /// <summary>Hosts write here.</summary>
    Primary = 1,

    /// <summary>Receives every write before its host is answered; hosts may read here (S-8).</summary>
    Secondary = 2,
}
