namespace MirrorTools.Agent.Trust;

/// <summary>The messages of pairing, in the order in which they go. The numbers are on the wire.</summary>
internal enum PairingMessageType : byte
{
    /// <summary>Joiner: the offer it has a code for, and its nonce.</summary>
    Hello = 1,

    /// <summary>Listener: whether it goes on, and its nonce.</summary>
    Challenge = 2,

    /// <summary>Joiner: its proof, and who it is.</summary>
    Claim = 3,

    /// <summary>Listener: the outcome; when good, its proof, and who it is.</summary>
    Verdict = 4,
}
